/* SPDX-License-Identifier: MIT */
#ifndef TRUNKLINE_ERROR_H
#define TRUNKLINE_ERROR_H

/**
 * @file
 * Errors are negative errno values with these fixed meanings:
 *
 * | value        | name           | meaning |
 * |--------------|----------------|---------|
 * | -EINVAL      | InvalidArgument | the caller passed something that is never right |
 * | -EBADF       | WrongHandle    | not a handle of this kind |
 * | -ESTALE      | StaleHandle    | released, or never existed |
 * | -ENODEV      | DeviceGone     | the device is gone; the handle is still yours |
 * | -ENOTCONN    | CallOver       | the call is over |
 * | -EPERM       | NotOwner       | only an owner may do this |
 * | -EBUSY       | Busy           | another call, operation or owner |
 * | -EALREADY    | Already        | nothing left to do |
 * | -EOPNOTSUPP  | NotSupported   | this modem cannot |
 * | -ETIMEDOUT   | Timeout        | the device is silent |
 * | -EPROTO      | DeviceError    | the device answered an error or nonsense |
 * | -ECANCELED   | Cancelled      | withdrawn |
 * | -ENOSPC      | Limit          | a table or queue is full |
 * | -ENOMEM      | NoMemory       | out of memory |
 * | -ENOENT      | NotFound       | no such line, device or path |
 * | -EEXIST      | Exists         | the name is taken |
 * | -EACCES      | NoPermission   | the system does not let us open the device |
 * | -ENOTTY      | NotATty        | the path is no serial port |
 * | -EIO         | NotOnHook      | the line could not be proved to be on hook; it is faulty now |
 * | -ENOTRECOVERABLE | Faulty     | the line is faulty; see its information for what failed |
 *
 * Numbers differ between architectures, so errors cross process borders by name.
 */

#include <trunkline/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @return the name ("CallOver") of a negative errno value; "Failed" for any other error; "Ok" for
 * >= 0 */
TL_API const char *tl_error_name(int error);

/** @return a sentence without full stop, lower case ("the call is over"); never NULL */
TL_API const char *tl_error_text(int error);

/** @return the error with this name, or -EINVAL when there is none; 0 for "Ok" */
TL_API int tl_error_from_name(const char *name);

#ifdef __cplusplus
}
#endif
#endif
