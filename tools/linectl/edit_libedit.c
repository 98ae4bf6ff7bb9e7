/* SPDX-License-Identifier: MIT */
#include "tools/linectl/edit.h"

#include <errno.h>
#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HISTORY_LINES 500

struct edit {
	EditLine *el;
	History *history;
	char *prompt;
	const char *const *words;
	edit_byte_fn next;
	void *user;
	int result; /* of the last next() */
};

static struct edit *edit_of(EditLine *el)
{
	struct edit *edit = NULL;

	el_get(el, EL_CLIENTDATA, &edit);
	return edit;
}

static char *get_prompt(EditLine *el)
{
	return edit_of(el)->prompt;
}

/* The next word that begins so, after this one; NULL: from the first. */
static const char *const *find(const char *const *word, const char *start, size_t length)
{
	while (*word && strncasecmp(*word, start, length) != 0)
		word++;
	return *word ? word : NULL;
}

static size_t common(const char *a, const char *b, size_t length)
{
	size_t i = 0;

	while (i < length && a[i] && a[i] == b[i])
		i++;
	return i;
}

/* What is certain of the rest, or what it may be. */
static void complete(struct edit *edit)
{
	const LineInfo *line = el_line(edit->el);
	size_t length = (size_t)(line->cursor - line->buffer);
	const char *const *first = find(edit->words, line->buffer, length);
	const char *const *word = first;
	char rest[64];
	size_t shared;

	if (!first)
		return;
	shared = strlen(*first);
	while ((word = find(word + 1, line->buffer, length)))
		shared = common(*first, *word, shared);
	snprintf(rest, sizeof(rest), "%.*s", (int)(shared - length), *first + length);
	if (shared > length) {
		(void)el_insertstr(edit->el, rest); /* there may be no room for it */
	} else if (find(first + 1, line->buffer, length)) {
		edit_hide(edit);
		for (word = first; word; word = find(word + 1, line->buffer, length))
			printf("%s  ", *word);
		printf("\n");
	}
	edit_show(edit);
}

/* Commands are ASCII: a byte is a character. Tab is taken here, for what libedit keeps of a
 * function that is bound to a key it never frees. */
static int get_char(EditLine *el, wchar_t *ret)
{
	struct edit *edit = edit_of(el);
	char c = '\0';

	while ((edit->result = edit->next(edit->user, &c)) == 1 && c == '\t')
		complete(edit);
	if (edit->result == 1)
		*ret = (unsigned char)c;
	return edit->result < 0 ? -1 : edit->result;
}

int edit_new(const char *prompt, const char *const *words, edit_byte_fn next, void *user,
	     struct edit **ret_edit)
{
	struct edit *edit = calloc(1, sizeof(*edit));
	HistEvent event;

	if (!edit)
		return -ENOMEM;
	*edit = (struct edit){.words = words, .next = next, .user = user};
	edit->prompt = strdup(prompt);
	edit->history = edit->prompt ? history_init() : NULL;
	edit->el = edit->history ? el_init("linectl", stdin, stdout, stderr) : NULL;
	if (!edit->el) {
		edit_free(edit);
		return -ENOMEM;
	}
	history(edit->history, &event, H_SETSIZE, HISTORY_LINES);
	el_set(edit->el, EL_CLIENTDATA, edit);
	el_set(edit->el, EL_PROMPT, get_prompt);
	el_set(edit->el, EL_EDITOR, "emacs");
	el_set(edit->el, EL_HIST, history, edit->history);
	el_set(edit->el, EL_GETCFN, get_char);
	*ret_edit = edit;
	return 0;
}

struct edit *edit_free(struct edit *edit)
{
	if (!edit)
		return NULL;
	if (edit->el)
		el_end(edit->el);
	if (edit->history)
		history_end(edit->history);
	free(edit->prompt);
	free(edit);
	return NULL;
}

int edit_read(struct edit *edit, char *buf, size_t size)
{
	const char *line;
	HistEvent event;
	int length = 0;

	edit->result = 0;
	/* Who sees the prompt may type: libedit by itself does this only afterwards. */
	el_set(edit->el, EL_PREP_TERM, 1);
	line = el_gets(edit->el, &length);
	if (edit->result < 0)
		return edit->result;
	if (!line || length <= 0)
		return 0;
	snprintf(buf, size, "%.*s", (int)strcspn(line, "\n"), line);
	if (*buf)
		history(edit->history, &event, H_ENTER, buf);
	return 1;
}

void edit_hide(struct edit *edit)
{
	(void)edit; /* it has one line, however long: the terminal's last */
	fputs("\r\033[K", stdout);
}

void edit_show(struct edit *edit)
{
	el_set(edit->el, EL_REFRESH);
}
