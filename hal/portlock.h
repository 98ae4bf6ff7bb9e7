/* SPDX-License-Identifier: MIT */
#ifndef HAL_PORTLOCK_H
#define HAL_PORTLOCK_H

/*
 * One program per port: a UUCP lock file (FHS 3.0 §5.9, HDB format: ten characters of decimal pid
 * and a newline), so that minicom, pppd, picocom and mgetty respect us and we respect them.
 * TIOCEXCL is the second fence and is set by the tty backend, which also refuses a tty that
 * somebody else has locked with flock(). We hold no such lock: closing a locked tty may leave DTR
 * up.
 */

#include <sys/types.h>

#include "hal/stream.h"

#define HAL_PORTLOCK_DIR "/run/lock"

struct hal_portlock {
	char path[72]; /* of the lock file; "" when none is held */
	dev_t dev;     /* which file that was */
	ino_t ino;
};

/*
 * Lock the port at device (symlinks are resolved first, "/dev/pts/3" is LCK..pts_3).
 * A lock file that names a dead process, none, or ours is taken over. Where dir cannot be written
 * the port is used without a lock file (logged by the caller; ret_lock->path is ""). dir: NULL for
 * HAL_PORTLOCK_DIR.
 * @return 0; -EBUSY held by a living process, err names it: "used by minicom (pid 4711)";
 *         -ENAMETOOLONG; other -errno
 */
int hal_portlock_acquire(const char *dir, const char *device, struct hal_error *err,
			 struct hal_portlock *ret_lock);

/*
 * Remove the lock file if it is still ours, and still the one that was made for this lock: the port
 * may have been locked anew. Idempotent.
 */
void hal_portlock_release(struct hal_portlock *lock);

/*
 * Who has the device open, other than this process? Looks through /proc, so it costs milliseconds:
 * only for error messages. @return true and "minicom (pid 4711)" in buf, or false
 */
bool hal_portlock_find_user(const char *device, char *buf, size_t size);

#endif
