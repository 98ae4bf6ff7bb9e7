/* SPDX-License-Identifier: MIT */
#include <trunkline/error.h>

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

static const struct {
	int error;
	const char *name;
} errors[] = {
	{0, "Ok"},
	{-EINVAL, "InvalidArgument"},
	{-EBADF, "WrongHandle"},
	{-ESTALE, "StaleHandle"},
	{-ENODEV, "DeviceGone"},
	{-ENOTCONN, "CallOver"},
	{-EPERM, "NotOwner"},
	{-EBUSY, "Busy"},
	{-EALREADY, "Already"},
	{-EOPNOTSUPP, "NotSupported"},
	{-ETIMEDOUT, "Timeout"},
	{-EPROTO, "DeviceError"},
	{-ECANCELED, "Cancelled"},
	{-ENOSPC, "Limit"},
	{-ENOMEM, "NoMemory"},
	{-ENOENT, "NotFound"},
	{-EEXIST, "Exists"},
	{-EACCES, "NoPermission"},
	{-ENOTTY, "NotATty"},
	{-EIO, "NotOnHook"},
	{-ENOTRECOVERABLE, "Faulty"},
};

Test(error, names_of_the_header_go_there_and_back)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		cr_assert_str_eq(tl_error_name(errors[i].error), errors[i].name);
		cr_assert_eq(tl_error_from_name(errors[i].name), errors[i].error, "%s",
			     errors[i].name);
	}
}

Test(error, texts_are_lower_case_without_full_stop)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		const char *text = tl_error_text(errors[i].error);

		cr_assert(islower((unsigned char)text[0]), "%s", text);
		cr_assert_neq(text[strlen(text) - 1], '.', "%s", text);
	}
}

Test(error, what_has_no_meaning_of_its_own_has_failed)
{
	cr_assert_str_eq(tl_error_name(-EXDEV), "Failed");
	cr_assert_str_eq(tl_error_text(-EXDEV), "the operation failed");
	cr_assert_str_eq(tl_error_name(17), "Ok");
	cr_assert_str_eq(tl_error_text(17), "success");
	cr_assert_eq(tl_error_from_name("Failed"), -EINVAL);
	cr_assert_eq(tl_error_from_name("callover"), -EINVAL);
	cr_assert_eq(tl_error_from_name(""), -EINVAL);
	cr_assert_eq(tl_error_from_name(NULL), -EINVAL);
}
