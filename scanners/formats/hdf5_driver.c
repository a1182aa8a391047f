/* SPDX-License-Identifier: Apache-2.0 */
/* libhdf5 as this program starts it, and how it reads files: from a source. */
#include "scanners/formats/hdf5_library.h"

/* Handed to open through the access properties. */
struct driver_info {
	struct ay_source *in;
	struct ay_budget *budget;
	struct hl_file **owner;
};

static hid_t driver = -1;

static struct hl_file *of(H5FD_t *file)
{
	void *p = file;

	return p;
}

static const struct hl_file *of_const(const H5FD_t *file)
{
	const void *p = file;

	return p;
}

static H5FD_t *driver_open(const char *name, unsigned flags, hid_t fapl, haddr_t maxaddr)
{
	const struct driver_info *info = H5Pget_driver_info(fapl);
	struct hl_file *f = info ? calloc(1, sizeof(*f)) : NULL;

	(void)name;
	(void)maxaddr;
	if (!f || (flags & H5F_ACC_RDWR)) {
		free(f);
		return NULL;
	}
	f->in = info->in;
	f->budget = info->budget;
	f->owner = info->owner;
	*f->owner = f;
	return &f->base;
}

static herr_t driver_close(H5FD_t *file)
{
	struct hl_file *f = of(file);

	if (f->owner)
		*f->owner = NULL;
	free(f);
	return 0;
}

static haddr_t driver_get_eoa(const H5FD_t *file, H5FD_mem_t type)
{
	(void)type;
	return of_const(file)->end;
}

static herr_t driver_set_eoa(H5FD_t *file, H5FD_mem_t type, haddr_t addr)
{
	(void)type;
	of(file)->end = addr;
	return 0;
}

static haddr_t driver_get_eof(const H5FD_t *file, H5FD_mem_t type)
{
	const struct hl_file *f = of_const(file);

	(void)type;
	return f->in ? f->in->size : 0;
}

static herr_t driver_read(H5FD_t *file, H5FD_mem_t type, hid_t dxpl, haddr_t addr, size_t size, void *buffer)
{
	struct hl_file *f = of(file);
	int rc = f->in ? ay_budget_tick(f->budget) : AY_EUNSUPPORTED;

	(void)type;
	(void)dxpl;
	if (rc == 0)
		rc = ay_source_read_full(f->in, addr, buffer, size);
	if (rc < 0 && f->err == 0)
		f->err = rc;
	return rc < 0 ? -1 : 0;
}

static herr_t driver_write(H5FD_t *file, H5FD_mem_t type, hid_t dxpl, haddr_t addr, size_t size, const void *buffer)
{
	(void)file;
	(void)type;
	(void)dxpl;
	(void)addr;
	(void)size;
	(void)buffer;
	return -1;
}

static const H5FD_class_t driver_class = {
#if H5_VERSION_GE(1, 14, 0)
	.version = H5FD_CLASS_VERSION, .value = 600,
#endif
	.name = "assay", .maxaddr = HADDR_MAX, .fc_degree = H5F_CLOSE_STRONG, .fapl_size = sizeof(struct driver_info),
	.open = driver_open, .close = driver_close, .get_eoa = driver_get_eoa,
	.set_eoa = driver_set_eoa, .get_eof = driver_get_eof, .read = driver_read, .write = driver_write, .fl_map = H5FD_FLMAP_SINGLE,
};

/* Since 1.14 a file that cannot be opened makes it look for plugins that could, though none may be loaded. */
static bool forget_plugin_folders(void)
{
	unsigned n;

	while (H5PLsize(&n) >= 0 && n > 0)
		if (H5PLremove(0) < 0)
			return false;
	return true;
}

/*
 * A text of variable length is stored as its place in a heap. Read as bytes it stays that, and the library, which would follow it
 * unchecked, never sees the heap.
 */
static herr_t leave(hid_t from, hid_t to, H5T_cdata_t *data, size_t n, size_t stride, size_t other_stride, void *bytes, void *other, hid_t plist)
{
	(void)n;
	(void)stride;
	(void)other_stride;
	(void)bytes;
	(void)other;
	(void)plist;
	data->need_bkg = H5T_BKG_NO;
	return data->command == H5T_CONV_INIT && (H5Tget_size(from) != AY_HDF5_PLACE || H5Tget_size(to) != AY_HDF5_PLACE) ? -1 : 0;
}

static hid_t text_type(void)
{
	hid_t text = H5Tcopy(H5T_C_S1);

	if (text >= 0 && H5Tset_size(text, H5T_VARIABLE) < 0) {
		(void)H5Tclose(text);
		return -1;
	}
	return text;
}

static bool read_places(void)
{
	hid_t text = text_type(), place = H5Tcreate(H5T_OPAQUE, AY_HDF5_PLACE);
	bool good = text >= 0 && place >= 0 && H5Tregister(H5T_PERS_SOFT, "places", text, place, leave) >= 0;

	(void)H5Tclose(text);
	(void)H5Tclose(place);
	return good;
}

int hl_prepare(void)
{
	static bool tried;

	if (tried)
		return driver < 0 ? AY_EUNSUPPORTED : 0;
	tried = true;
	/* Nothing is kept on free lists: what is freed is seen to be, and the next file finds no leftovers. */
	if (H5open() < 0 || H5Eset_auto2(H5E_DEFAULT, NULL, NULL) < 0 || H5PLset_loading_state(0) < 0 || !forget_plugin_folders() ||
	    H5set_free_list_limits(0, 0, 0, 0, 0, 0) < 0)
		return AY_EUNSUPPORTED;
	if (!read_places())
		return AY_EUNSUPPORTED;
	driver = H5FDregister(&driver_class);
	return driver < 0 ? AY_EUNSUPPORTED : 0;
}

/* Metadata is read once: a cache that grows with the file would only take memory. */
static bool small_cache(hid_t access)
{
	H5AC_cache_config_t c = { .version = H5AC__CURR_CACHE_CONFIG_VERSION };

	if (H5Pget_mdc_config(access, &c) < 0)
		return false;
	c.set_initial_size = true;
	c.initial_size = c.min_size = MIB;
	c.max_size = 4 * MIB;
	return H5Pset_mdc_config(access, &c) >= 0;
}

hid_t hl_open(struct ay_source *in, struct ay_budget *b, struct hl_file **owner)
{
	struct driver_info info = { .in = in, .budget = b, .owner = owner };
	hid_t access = H5Pcreate(H5P_FILE_ACCESS), file = -1;

	if (access >= 0 && H5Pset_driver(access, driver, &info) >= 0 && H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0 &&
	    small_cache(access))
		file = H5Fopen("/", H5F_ACC_RDONLY, access);
	if (access >= 0)
		(void)H5Pclose(access);
	return file;
}
