/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/worker.h"

int main(int argc, char **argv)
{
	return ay_worker_main(argc, argv);
}
