/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GATE_WITHDRAW_H
#define GATE_WITHDRAW_H

#include <stddef.h>
#include "assay/attr.h"

struct ay_gate;
struct ay_error;

/* Signed by a curator of the name; verified, logged and in force, or refused, when they return. */
AY_MUSTCHECK int ay_change_tag(struct ay_gate *g, const void *bundle, size_t len, struct ay_error *e);
AY_MUSTCHECK int ay_change_retire(struct ay_gate *g, const void *bundle, size_t len, struct ay_error *e);
AY_MUSTCHECK int ay_change_revoke(struct ay_gate *g, const void *bundle, size_t len, struct ay_error *e);

#endif
