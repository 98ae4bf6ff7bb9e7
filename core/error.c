/* SPDX-License-Identifier: MIT */
#include <trunkline/error.h>

#include <errno.h>
#include <string.h>

static const struct {
	int error;
	const char *name;
	const char *text;
} errors[] = {
	{0, "Ok", "success"},
	{-EINVAL, "InvalidArgument", "invalid argument"},
	{-EBADF, "WrongHandle", "not an identifier of this kind"},
	{-ESTALE, "StaleHandle", "released, or it never existed"},
	{-ENODEV, "DeviceGone", "the device is gone"},
	{-ENOTCONN, "CallOver", "the call is over"},
	{-EPERM, "NotOwner", "only an owner may do this"},
	{-EBUSY, "Busy", "in use by another call, operation or owner"},
	{-EALREADY, "Already", "nothing left to do"},
	{-EOPNOTSUPP, "NotSupported", "this modem cannot do that"},
	{-ETIMEDOUT, "Timeout", "the modem does not answer"},
	{-EPROTO, "DeviceError", "the modem answered an error, or nonsense"},
	{-ECANCELED, "Cancelled", "withdrawn"},
	{-ENOSPC, "Limit", "a limit was reached"},
	{-ENOMEM, "NoMemory", "out of memory"},
	{-ENOENT, "NotFound", "no such line, device or path"},
	{-EEXIST, "Exists", "the name is taken"},
	{-EACCES, "NoPermission", "no permission to open the device"},
	{-ENOTTY, "NotATty", "not a serial port"},
	{-EIO, "NotOnHook", "the line could not be proved to be on hook"},
	{-ENOTRECOVERABLE, "Faulty", "the line is faulty"},
};

#define N_ERRORS (sizeof(errors) / sizeof(errors[0]))

const char *tl_error_name(int error)
{
	for (size_t i = 0; i < N_ERRORS; i++)
		if (errors[i].error == (error > 0 ? 0 : error))
			return errors[i].name;
	return "Failed";
}

const char *tl_error_text(int error)
{
	for (size_t i = 0; i < N_ERRORS; i++)
		if (errors[i].error == (error > 0 ? 0 : error))
			return errors[i].text;
	return "the operation failed";
}

int tl_error_from_name(const char *name)
{
	for (size_t i = 0; i < N_ERRORS; i++)
		if (name && strcmp(errors[i].name, name) == 0)
			return errors[i].error;
	return -EINVAL;
}
