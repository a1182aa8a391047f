/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/internal.h"

#include <errno.h>

int ay_errno(int code)
{
	if (code >= 0)
		return 0;
	if (code > AY_ETRUNC)
		return -code;
	switch ((enum ay_err)code) {
	case AY_OK: return 0;
	case AY_ETRUNC: case AY_EFORMAT: return EINVAL;
	case AY_ELIMIT: return EDQUOT;
	case AY_EUNSUPPORTED: return EOPNOTSUPP;
	case AY_EDIGEST: return EIO;
	case AY_ESIGNATURE: case AY_ETRUST: case AY_EPOLICY: case AY_EACCESS: case AY_ESTATE: return EACCES;
	case AY_ENOTFOUND: return ENOENT;
	case AY_EEXISTS: return EEXIST;
	case AY_EBUSY: return EBUSY;
	case AY_EUSAGE: return EINVAL;
	case AY_ECORRUPT: case AY_EROLLBACK: case AY_EWORKER: case AY_EINTERNAL: return EIO;
	}
	return EIO;
}

void ay_reply_code(fuse_req_t req, int code)
{
	fuse_reply_err(req, ay_errno(code));
}

struct ay_cred ay_req_cred(fuse_req_t req)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);

	return (struct ay_cred){.uid = ctx->uid, .gid = ctx->gid, .pid = ctx->pid};
}
