/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches drawn from a reference, to see what sampling alone gives: rows with replacement, by its counts. The generator is keyed
 * by the reference, so that the same batch has the same limits everywhere and nobody who does not have the reference
 * knows them.
 */
#ifndef ASSAY_SCANNERS_DRIFT_DRAW_H
#define ASSAY_SCANNERS_DRIFT_DRAW_H

#include "scanners/data/profile.h"

struct ay_draw { uint64_t s[2]; };
struct ay_draw ay_draw_new(const struct ay_sipkey *key, uint64_t rows);
/* Uniform in [0, 1). */
double ay_draw_uniform(struct ay_draw *d);
/*
 * How many of n succeed, each with probability p: by inversion where few are expected, else by the normal distribution,
 * rounded and drawn into [0, n], which is near enough for a share.
 */
uint64_t ay_draw_binomial(struct ay_draw *d, uint64_t n, double p);

/* Empty batches of the reference before; whatever they hold is replaced. */
void ay_draw_numbers(struct ay_draw *d, const struct ay_numbers *ref, uint64_t rows, struct ay_numbers *batch);
void ay_draw_values(struct ay_draw *d, const struct ay_values *ref, uint64_t rows, struct ay_values *batch);

#endif
