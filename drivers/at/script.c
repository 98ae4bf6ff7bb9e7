/* SPDX-License-Identifier: MIT */
#include "drivers/at/script.h"

#include <errno.h>

static void on_step_line(void *user, struct hal_slice line)
{
	struct at_script *script = user;
	const struct at_step *step = &script->steps[script->index];

	if (step->on_line)
		step->on_line(script->user, line);
}

static void finish(struct at_script *script, int error)
{
	const struct at_step *step = &script->steps[script->index];

	script->running = false;
	script->done(script->user, error, error < 0 ? step : NULL);
}

static void on_step_done(void *user, const struct at_answer *answer);

static int submit_step(struct at_script *script)
{
	const struct at_step *step = &script->steps[script->index];
	const struct at_cmd_spec spec = {
		.text = step->text,
		.timeout_ms = step->timeout_ms,
		.on_line = on_step_line,
		.on_done = on_step_done,
		.user = script,
		.group = script->group,
	};

	return at_queue_submit(script->queue, &spec);
}

static void on_step_done(void *user, const struct at_answer *answer)
{
	struct at_script *script = user;
	unsigned int flags = script->steps[script->index].flags;
	bool ok = answer->result == AT_RESULT_OK;
	int r = answer->error;

	if (r == 0 && !ok && !(flags & AT_STEP_OPTIONAL))
		r = -EPROTO;
	script->refused = r == 0 && !ok;
	if (r < 0 || (ok && (flags & AT_STEP_LAST)) || script->index + 1 == script->n_steps) {
		finish(script, r);
		return;
	}
	script->index++;
	r = submit_step(script);
	if (r < 0)
		finish(script, r);
}

int at_script_start(struct at_script *script, struct at_queue *queue, const struct at_step *steps,
		    size_t n_steps,
		    void (*done)(void *user, int error, const struct at_step *failed), void *user)
{
	int r;

	if (script->running)
		return -EBUSY;
	if (n_steps == 0)
		return -EINVAL;
	*script = (struct at_script){
		.queue = queue,
		.steps = steps,
		.n_steps = n_steps,
		.group = at_queue_group(queue),
		.done = done,
		.user = user,
	};
	r = submit_step(script);
	if (r < 0)
		return r;
	script->running = true;
	return 0;
}

void at_script_cancel(struct at_script *script)
{
	if (script->running)
		at_queue_cancel_group(script->queue, script->group);
}
