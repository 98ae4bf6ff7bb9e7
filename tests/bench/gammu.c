/* SPDX-License-Identifier: MIT */
#include "tests/bench/gammu.h"

#include "tests/bench/bench.h"

#ifdef HAVE_GAMMU

#include <gammu.h>
#include <stdlib.h>
#include <string.h>

#define ANSWERS_AWAITED 3 /* as gammu itself does */

struct gammu {
	GSM_StateMachine *machine;
};

static void replace(char **text, const char *with)
{
	free(*text);
	*text = strdup(with);
	bench_check(*text != NULL, "no memory");
}

const char *gammu_start(const char *path, struct gammu **ret_gammu)
{
	struct gammu *gammu = calloc(1, sizeof(*gammu));
	GSM_Config *config;

	bench_check(gammu != NULL, "no memory");
	GSM_InitLocales(NULL);
	gammu->machine = GSM_AllocStateMachine();
	bench_check(gammu->machine != NULL, "no memory");
	config = GSM_GetConfig(gammu->machine, 0);
	replace(&config->Device, path);
	replace(&config->Connection, "at115200");
	GSM_SetConfigNum(gammu->machine, 1);
	if (GSM_InitConnection(gammu->machine, ANSWERS_AWAITED) != ERR_NONE) {
		gammu_stop(gammu);
		return "libgammu does not accept the emulated modem";
	}
	*ret_gammu = gammu;
	return NULL;
}

void gammu_stop(struct gammu *gammu)
{
	if (GSM_IsConnected(gammu->machine))
		(void)GSM_TerminateConnection(gammu->machine);
	GSM_FreeStateMachine(gammu->machine);
	free(gammu);
}

void gammu_transactions(struct gammu *gammu, size_t n)
{
	GSM_SignalQuality quality;

	for (size_t i = 0; i < n; i++)
		bench_check(GSM_GetSignalQuality(gammu->machine, &quality) == ERR_NONE,
			    "libgammu has failed");
}

#else

const char *gammu_start(const char *path, struct gammu **ret_gammu)
{
	(void)path;
	(void)ret_gammu;
	return "package libgammu-dev was missing when this was built";
}

void gammu_stop(struct gammu *gammu)
{
	(void)gammu;
}

void gammu_transactions(struct gammu *gammu, size_t n)
{
	(void)gammu;
	(void)n;
}

#endif
