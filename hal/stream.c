/* SPDX-License-Identifier: MIT */
#include "hal/stream.h"

#include <errno.h>

int hal_stream_get_lines(struct hal_stream *s, unsigned int *ret_lines)
{
	if (!s->ops->get_lines || !hal_stream_has(s, HAL_STREAM_CAP_LINES))
		return -EOPNOTSUPP;
	return s->ops->get_lines(s, ret_lines);
}

int hal_stream_set_lines(struct hal_stream *s, unsigned int lines, bool on)
{
	if (!s->ops->set_lines || !hal_stream_has(s, HAL_STREAM_CAP_LINES))
		return -EOPNOTSUPP;
	if (lines & ~(unsigned int)(HAL_STREAM_DTR | HAL_STREAM_RTS))
		return -EINVAL;
	return s->ops->set_lines(s, lines, on);
}

int hal_stream_get_counters(struct hal_stream *s, struct hal_stream_counters *ret_counters)
{
	if (!s->ops->get_counters || !hal_stream_has(s, HAL_STREAM_CAP_COUNTERS))
		return -EOPNOTSUPP;
	return s->ops->get_counters(s, ret_counters);
}

int hal_stream_set_break(struct hal_stream *s, bool on)
{
	if (!s->ops->set_break || !hal_stream_has(s, HAL_STREAM_CAP_BREAK))
		return -EOPNOTSUPP;
	return s->ops->set_break(s, on);
}

int hal_stream_configure(struct hal_stream *s, const struct hal_stream_config *config)
{
	return s->ops->configure ? s->ops->configure(s, config) : -EOPNOTSUPP;
}

int hal_stream_flush(struct hal_stream *s)
{
	return s->ops->flush ? s->ops->flush(s) : -EOPNOTSUPP;
}

int hal_stream_unsent(struct hal_stream *s, bool forget, size_t *ret_n)
{
	return s->ops->unsent ? s->ops->unsent(s, forget, ret_n) : -EOPNOTSUPP;
}

int hal_stream_want_write(struct hal_stream *s, bool on)
{
	return s->ops->want_write ? s->ops->want_write(s, on) : -EOPNOTSUPP;
}

int hal_stream_want_read(struct hal_stream *s, bool on)
{
	return s->ops->want_read ? s->ops->want_read(s, on) : -EOPNOTSUPP;
}

int hal_stream_watch_lines(struct hal_stream *s, uint32_t interval_ms)
{
	if (!s->ops->watch_lines || !hal_stream_has(s, HAL_STREAM_CAP_LINES))
		return -EOPNOTSUPP;
	return s->ops->watch_lines(s, interval_ms);
}

int hal_stream_lend(struct hal_stream *s, int *ret_fd)
{
	return s->ops->lend ? s->ops->lend(s, ret_fd) : -EOPNOTSUPP;
}

void hal_stream_take_back(struct hal_stream *s)
{
	if (s->ops->take_back)
		s->ops->take_back(s);
}

void hal_stream_close(struct hal_stream *s)
{
	if (s)
		s->ops->close(s);
}
