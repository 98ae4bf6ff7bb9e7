/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIMULATION_MODEL_H
#define TESTS_SIMULATION_MODEL_H

/*
 * The reference model: what clients may expect of lines, calls and sessions, worked out from the
 * public headers and docs/STATE-MACHINES.md alone. It is told every call of the API with its
 * result and every event, and says where they disagree with what it knows.
 *
 * Results are predicted, so the model must be up to date: every event fetched. model->behind says
 * that it is not; results are only taken note of then.
 */

#include <sys/types.h>
#include <trunkline/trunkline.h>

#define MODEL_LINES    64 /* that ever were */
#define MODEL_CLIENTS  8
#define MODEL_CALLS    96
#define MODEL_SESSIONS 96
#define MODEL_OPENS    64
#define MODEL_OPS      512

struct model_client {
	tl_client id; /* 0: free */
	unsigned int sessions, most_sessions;
	bool limited;	    /* most_sessions was less than now, once */
	uint32_t max_age_s; /* of ended ones; 0: any */
};

struct model_line {
	tl_line id;
	enum tl_line_state state;
	bool muted;	       /* a rejected call rings on */
	bool vague;	       /* calls may be on it that we have not heard of */
	bool maybe_commanding; /* a client has gone with its command under way */
};

struct model_call {
	uint64_t number; /* 0: free */
	struct model_line *line;
	enum tl_direction direction;
	enum tl_call_state state;
	enum tl_origin origin;
	enum tl_origin asked; /* who was the first to drop it */
	unsigned int version; /* states that have been told */
	unsigned int watched; /* of them, to the watching client */
	unsigned int owners, monitors;
	unsigned int told_owners, told_monitors; /* by the last event */
	uint64_t over_us;
	uint64_t handed_to; /* the client that is to hear of a session */
	bool limited;	    /* has a longest duration, or inactivity */
	bool connected;	    /* has been */
	bool over;	    /* IDLE, or UNKNOWN after a drop */
	bool on_line;	    /* over, but perhaps being tidied up */
	bool recorded;	    /* its record has been told */
	bool waiting;	    /* for the line to become READY */
	bool answering;	    /* or being dropped */
	bool vague;	    /* events about it were lost */
	bool offered;	    /* SESSION_NEWs to be checked */
};

struct model_session {
	tl_session id; /* 0: free */
	tl_client client;
	struct model_call *call;
	enum tl_privilege privilege;
	unsigned int seen; /* of call->version */
	bool changed;	   /* since its info was looked at */
	bool noticed;	   /* was told that it expires */
	uint64_t since_us; /* with this client */
	uint64_t frozen;   /* digest of what does not change after IDLE, 0: none */
	uint64_t record;   /* digest of all of it, 0: none */
	bool final;
};

struct model_open {
	tl_client client; /* 0: free */
	struct model_line *line;
	enum tl_privilege privilege;
	int priority;
	uint64_t order;
};

enum model_request {
	MODEL_DIAL,
	MODEL_ANSWER,
	MODEL_DROP,
	MODEL_MODE,
	MODEL_HOLD,
	MODEL_UNHOLD,
	MODEL_COMMAND,
	MODEL_RESET,
};

struct model_op {
	uint64_t id; /* 0: free */
	enum model_request request;
	tl_client client;
	struct model_line *line;
	uint64_t call;
	uint32_t token; /* of a command: must be in its answer */
};

struct model {
	struct model_line lines[MODEL_LINES];
	struct model_call calls[MODEL_CALLS];
	struct model_session sessions[MODEL_SESSIONS];
	struct model_open opens[MODEL_OPENS];
	struct model_op ops[MODEL_OPS];
	size_t n_calls, n_sessions, n_ops; /* used so far of the arrays */
	unsigned int live_sessions, live_ops;
	struct model_client clients[MODEL_CLIENTS];
	uint64_t now_us; /* of the last event, and as the world says */
	uint64_t orders;
	tl_client watcher;
	bool behind;	       /* events wait that we have not seen */
	bool disturbed;	       /* something was done while we were behind */
	bool starving;	       /* -ENOMEM is an answer, too */
	bool lost;	       /* events were lost: see model_forget() */
	const char *complaint; /* the first disagreement, or NULL */
	uint64_t value;
};

/* ---- what happened; model.c ---- */

void model_init(struct model *m, tl_client watcher);
void model_add_line(struct model *m, tl_line line);
void model_event(struct model *m, const struct tl_event *event);
/* No event waits any longer: has everybody heard of everything? */
void model_settle(struct model *m);
/* After lost events: forget calls and sessions; then adopt those that there are. */
void model_forget(struct model *m);
void model_adopt(struct model *m, const struct tl_session_info *info);
void model_adopt_line(struct model *m, const struct tl_line_info *info);

/* ---- calls of the API and what came of them; model_api.c ---- */

void model_new_client(struct model *m, tl_client client);
void model_set_keep(struct model *m, const struct model_client *want, int r);
void model_close_client(struct model *m, tl_client client);
void model_remove_line(struct model *m, tl_line line);
void model_open(struct model *m, const struct model_open *want, tl_line line, int r);
void model_close(struct model *m, tl_client client, tl_line line, int r);

/* call: its number; limited: has a longest duration */
struct model_dialled {
	tl_session session;
	uint64_t call, op;
	bool limited;
};

void model_dial(struct model *m, tl_client client, tl_line line, int r,
		const struct model_dialled *dialled);

struct model_joined {
	tl_session session;
	uint64_t call;
};

void model_join(struct model *m, tl_client client, tl_line line, enum tl_privilege privilege, int r,
		const struct model_joined *joined);
void model_answer(struct model *m, tl_session session, int r, uint64_t op);
void model_accept(struct model *m, tl_session session, int r);
void model_drop(struct model *m, tl_session session, enum tl_origin origin, int r, uint64_t op);
void model_release(struct model *m, tl_session session, unsigned int flags, int r);
void model_move(struct model *m, tl_session session, tl_client to, int r);
void model_set_privilege(struct model *m, tl_session session, enum tl_privilege privilege, int r);
void model_hand_off(struct model *m, tl_session session, tl_client to, int r);
/* on: to hold, or to take back. */
void model_hold(struct model *m, tl_session session, bool on, int r, uint64_t op);
void model_set_limit(struct model *m, tl_session session, uint32_t seconds, int r);
void model_command(struct model *m, tl_client client, tl_line line, uint32_t token, int r,
		   uint64_t op);
void model_reset(struct model *m, tl_client client, tl_line line, int r, uint64_t op);

void model_attach(struct model *m, tl_session session, int r);
/* n: as tl_session_read() or tl_session_write() answered */
void model_transfer(struct model *m, tl_session session, bool reads, ssize_t n);
void model_change_mode(struct model *m, tl_session session, int r, uint64_t op);

/* ---- what infos and counters say; model_info.c ---- */

void model_info(struct model *m, const struct tl_session_info *info);
void model_count(struct model *m, enum tl_count count, uint64_t n);

/* ---- shared ---- */

/* What docs/STATE-MACHINES.md says an operation answers now. */
enum model_operation {
	MODEL_OP_ANSWER,
	MODEL_OP_ACCEPT,
	MODEL_OP_DROP,
	MODEL_OP_RELEASE,
	MODEL_OP_HAND_OFF,
	MODEL_OP_TAKE,
	MODEL_OP_GIVE_UP,
	MODEL_OP_LIMIT,
	MODEL_OP_HOLD,
	MODEL_OP_UNHOLD,
	MODEL_OP_ATTACH,
};
int model_rule(const struct model_session *s, enum model_operation operation);
void model_disagree(struct model *m, const char *what, uint64_t value);
struct model_line *model_line(struct model *m, tl_line id);
struct model_session *model_session(struct model *m, tl_session id);
struct model_client *model_client(struct model *m, tl_client id);
/* The client's session on the call, NULL: none. */
struct model_session *model_holder(struct model *m, const struct model_call *call,
				   tl_client client);
/* Is another session more than it may have? */
bool model_is_full(struct model *m, tl_client client);
void model_privilege(struct model_session *s, enum tl_privilege privilege);
bool model_is_unanswered(const struct model_call *call);
struct model_call *model_call(struct model *m, uint64_t number);
/* The call that is on the line, or that waits for it; NULL: none. */
struct model_call *model_call_on(struct model *m, const struct model_line *line, bool waiting);
struct model_call *model_new_call(struct model *m, uint64_t number, struct model_line *line,
				  enum tl_call_state state);
struct model_session *model_new_session(struct model *m, tl_session id, tl_client client,
					struct model_call *call, enum tl_privilege privilege);
void model_end_session(struct model *m, struct model_session *s);
/* A call that is over, off its line, told of and held by nobody is forgotten. */
void model_put_call(struct model_call *call);

#endif
