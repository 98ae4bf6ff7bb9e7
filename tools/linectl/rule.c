/* SPDX-License-Identifier: MIT */
#include "tools/linectl/rule.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* A rule in the making: the first failure sticks. */
struct draft {
	struct rule rule;
	int error;
};

/* Append to one of the rule's texts. */
__attribute__((format(printf, 3, 4))) static void add(struct draft *draft, char *text,
						      const char *format, ...)
{
	size_t size = text == draft->rule.text ? RULE_TEXT_MAX : RULE_NAME_MAX + 1;
	size_t used = strlen(text);
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text + used, size - used, format, args);
	va_end(args);
	if ((n < 0 || (size_t)n >= size - used) && draft->error == 0)
		draft->error = -ENAMETOOLONG;
}

/* The characters that udev itself leaves in names; none of them means something in a rule. */
static bool is_safe(const char *text)
{
	static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				   "#+-.:=@_";

	return *text && text[strspn(text, safe)] == '\0';
}

/* What goes into a rule. */
static const char *safe(struct draft *draft, const char *text)
{
	if (!is_safe(text) && draft->error == 0)
		draft->error = -EINVAL;
	return text;
}

static void add_native(struct draft *draft, const struct udev_port *port)
{
	struct rule *rule = &draft->rule;

	add(draft, rule->name, "%s", safe(draft, port->kernel));
	add(draft, rule->link, "%s", port->kernel);
	add(draft, rule->text, "SUBSYSTEM==\"tty\", KERNEL==\"%s\"", port->kernel);
}

/* One port of several on the same interface: "-port1" */
static void add_suffix(struct draft *draft, const struct udev_port *port)
{
	static const char prefix[] = "-port";

	if (strncmp(port->suffix, prefix, sizeof(prefix) - 1) == 0)
		add(draft, draft->rule.text, ", ENV{.ID_PORT}==\"%s\"",
		    safe(draft, port->suffix + sizeof(prefix) - 1));
}

/* pci-0000:00:14.0-usb-0:2:1.0 is interface 0 of configuration 1 of pci-0000:00:14.0-usb-0:2. */
static void add_place(struct draft *draft, const struct udev_port *port, bool one)
{
	const char *path = safe(draft, port->path);
	const char *colon = strrchr(path, ':');
	struct rule *rule = &draft->rule;

	add(draft, rule->link, "%s%s", path, port->suffix);
	if (one) {
		add(draft, rule->name, "%s", rule->link);
		add(draft, rule->text, "SUBSYSTEM==\"tty\", ENV{ID_PATH}==\"%s\"", path);
		add_suffix(draft, port);
		return;
	}
	add(draft, rule->name, "%.*s", colon ? (int)(colon - path) : 0, path);
	add(draft, rule->text, "SUBSYSTEM==\"tty|usb\", ENV{ID_PATH}==\"%s|%s:*\"",
	    safe(draft, rule->name), rule->name);
}

static void add_serial(struct draft *draft, const struct udev_port *port, bool one)
{
	struct rule *rule = &draft->rule;
	int length;

	if (port->serial[0] == '\0')
		draft->error = -ENOTUNIQ;
	add(draft, rule->name, "usb-%s-%s-%s", safe(draft, port->vendor),
	    safe(draft, port->product), safe(draft, port->serial));
	length = (int)strlen(rule->name);
	add(draft, rule->link, "%s-if%s%s", rule->name, safe(draft, port->interface), port->suffix);
	add(draft, rule->text,
	    "SUBSYSTEM==\"%s\", ENV{ID_VENDOR_ID}==\"%s\", ENV{ID_MODEL_ID}==\"%s\", "
	    "ENV{ID_SERIAL_SHORT}==\"%s\"",
	    one ? "tty" : "tty|usb", port->vendor, port->product, port->serial);
	if (one) {
		add(draft, rule->name, "%s", rule->link + length);
		add(draft, rule->text, ", ENV{ID_USB_INTERFACE_NUM}==\"%s\"", port->interface);
		add_suffix(draft, port);
	}
	add(draft, rule->text, ", ENV{ID_TRUNKLINE_NAME}=\"%.*s\"", length, rule->name);
}

int rule_make(const struct udev_port *port, unsigned int flags, struct rule *ret_rule)
{
	bool named = is_safe(port->vendor_name) && is_safe(port->model_name);
	bool is_usb = port->usb[0] != '\0';
	struct draft draft = {0};

	add(&draft, draft.rule.text, "# Written by 'linectl claim'%s%s%s%s.\n",
	    named ? " for " : "", named ? port->vendor_name : "", named ? " " : "",
	    named ? port->model_name : "");
	if (!is_usb && flags & RULE_BY_SERIAL)
		return -ENOTUNIQ;
	if (!is_usb)
		add_native(&draft, port);
	else if (flags & RULE_BY_SERIAL)
		add_serial(&draft, port, flags & RULE_ONE_PORT);
	else
		add_place(&draft, port, flags & RULE_ONE_PORT);
	add(&draft, draft.rule.text, ", ENV{ID_TRUNKLINE}=\"1\"\n");
	(void)safe(&draft, draft.rule.link); /* the name is all of it or its beginning */
	if (draft.error == 0)
		*ret_rule = draft.rule;
	return draft.error;
}
