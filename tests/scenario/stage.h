/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SCENARIO_STAGE_H
#define TESTS_SCENARIO_STAGE_H

/*
 * Every state of a call that a V.250 line can reach, as a table: what kills the owner, pulls the
 * plug or drops in each of them walks it. The exchange has, besides 300: 400, which rings for ever,
 * and 500, which is busy.
 */

#include "core/line.h"
#include "tests/scenario/rig.h"

struct scene {
	struct rig rig; /* one modem */
	tl_client owner;
	tl_session session;   /* the owner's; id 0: none */
	uint64_t setup, drop; /* operations, 0: none */
};

struct stage {
	const char *name;
	struct rig_options options;
	enum tl_call_state state; /* what the session shows */
	enum tl_origin lost;	  /* whose doing it is if the owner dies now */
	void (*reach)(struct scene *scene);
	const char *step; /* of the ladder, where that has to be waited for */
};

const struct stage *stage_table(size_t *ret_n);
/* Asserts that the state is reached. */
void stage_enter(const struct stage *stage, struct scene *scene);

/* Building blocks. */
void scene_init(struct scene *scene, const struct rig_options *options);
/* Release what is still held, wait for READY; asserts that nothing is left, and that the modem is
 * on hook. */
void scene_fini(struct scene *scene);
/* All sessions of all clients, dropping what is live; nobody rings any more. */
void scene_release(struct scene *scene);
void scene_dial(struct scene *scene, const char *number, enum tl_media media);
/* Rings, and the owner has a session. */
void scene_offer(struct scene *scene);
void scene_answer(struct scene *scene, enum tl_media media);
void scene_drop(struct scene *scene, unsigned int flags);
/* The modem says so, whatever is true. */
void scene_say(struct scene *scene, const char *text);
/* The longest that the ladder takes from now on, milliseconds. */
uint64_t scene_ladder_ms(struct scene *scene);
struct core_line *scene_line(struct scene *scene);

#endif
