/* SPDX-License-Identifier: Apache-2.0 */
/* Small files on their way from the thread that reads them to one that places them, in their order. */
#ifndef ASSAY_GATE_BELT_H
#define ASSAY_GATE_BELT_H

#include <sys/stat.h>
#include "assay/error.h"

#define AY_BELT_FILE (64u * 1024)     /* larger ones do not go on it */

struct ay_belt_item {
	char *path;                       /* owned by the belt */
	struct stat st;
	size_t len;
	uint8_t bytes[AY_BELT_FILE];
};
struct ay_belt;

/* place is called in a thread of its own. After its first error the rest is dropped. */
AY_MUSTCHECK int ay_belt_new(int (*place)(void *arg, struct ay_belt_item *item, struct ay_error *e), void *arg, struct ay_belt **out);
/* An item to fill; waits for one. NULL when placing failed: ay_belt_drain says why. */
struct ay_belt_item *ay_belt_room(struct ay_belt *b);
/* Sends the item that was filled. */
void ay_belt_send(struct ay_belt *b);
/* Waits until all that was sent is placed; the first error with its path in e. What place() touched may be touched again. */
AY_MUSTCHECK int ay_belt_drain(struct ay_belt *b, struct ay_error *e);
/* NULL-safe. */
void ay_belt_free(struct ay_belt *b);

#endif
