# SPDX-License-Identifier: MIT
# Check devices.tsv and make something of it. -v want=rules: udev rules; want=table: rows for
# hal/usb_table.c; want=nothing. -v profiles="NAME...": those that there are; "": do not ask.
# What is wrong goes to stderr as "file: line: what", and the exit status is 1.

function complain(what)
{
	print FILENAME ": " FNR ": " what >"/dev/stderr"
	failed = 1
}

function check_row()
{
	if (NF != 7)
		complain(NF " columns instead of 7")
	if (vendor !~ /^[0-9a-f][0-9a-f][0-9a-f][0-9a-f]$/)
		complain("vendor '" vendor "' is not four hexadecimal digits, lower case")
	if (product !~ /^[0-9a-f][0-9a-f][0-9a-f][0-9a-f]$/)
		complain("product '" product "' is not four hexadecimal digits, lower case")
	if (port !~ /^([0-9a-f][0-9a-f]|[*])$/)
		complain("interface '" port "' is neither * nor two hexadecimal digits, lower case")
	if (role !~ /^(at|data|audio|gps|diag)$/)
		complain("role '" role "' is none of at, data, audio, gps, diag")
	if (profile != "-" && profiles != "" && index(" " profiles " ", " " profile " ") == 0)
		complain("profile '" profile "': no driver has it")
	if (name == "" || name ~ /["\\]/)
		complain("name '" name "' is empty or has a quote or a backslash in it")
	if (source == "")
		complain("no source")
}

function check_order()
{
	if (key == last)
		complain("the same port twice")
	else if (key < last)
		complain("not in order")
	if (same_model && (port == "*" || last_port == "*"))
		complain("* and other interfaces of one product")
	if (same_model && name != last_name)
		complain("another name for the same product")
}

function print_rule(	match_port, set_profile)
{
	if (!same_model)
		print "\n# " name
	match_port = port == "*" ? "" : ", ENV{ID_USB_INTERFACE_NUM}==\"" port "\""
	set_profile = profile == "-" ? "" : ", ENV{ID_TRUNKLINE_PROFILE}=\"" profile "\""
	print "ENV{ID_VENDOR_ID}==\"" vendor "\", ENV{ID_MODEL_ID}==\"" product "\"" match_port \
		", ENV{ID_TRUNKLINE_ROLE}=\"" role "\"" set_profile
}

function print_row()
{
	print "{0x" vendor ", 0x" product ", " (port == "*" ? "HAL_USB_ANY" : "0x" port) \
		", \"" role "\", " (profile == "-" ? "NULL" : "\"" profile "\"") \
		", \"" name "\"},"
}

BEGIN {
	FS = "\t"
	if (want == "rules") {
		print "# Made from devices.tsv: what is known of modems' ports. Claims nothing."
		print "ACTION==\"remove\", GOTO=\"trunkline_devices_end\""
		print "# For claims by place; not all of udev's own rules tell it of USB devices."
		print "SUBSYSTEM==\"usb\", ENV{DEVTYPE}==\"usb_device\", ENV{ID_PATH}==\"\", " \
			"IMPORT{builtin}=\"path_id\""
		print "SUBSYSTEM!=\"tty\", GOTO=\"trunkline_devices_end\""
		print "ENV{ID_BUS}!=\"usb\", GOTO=\"trunkline_devices_end\""
	}
}

/^#/ {
	next
}

{
	vendor = $1
	product = $2
	port = $3
	role = $4
	profile = $5
	name = $6
	source = $7
	key = vendor "\t" product "\t" port
	same_model = vendor "\t" product == last_model
	check_row()
	check_order()
	if (want == "rules")
		print_rule()
	if (want == "table")
		print_row()
	last = key
	last_model = vendor "\t" product
	last_port = port
	last_name = name
	rows++
}

END {
	if (rows == 0)
		complain("no rows")
	if (want == "rules")
		print "\nLABEL=\"trunkline_devices_end\""
	exit failed
}
