/* Driver of splatsieve in C99: no allocation, no globals, errors as codes.

   Beside the register header that `splatsieve verilog` writes with the core: say which with
   -DSPLATSIEVE_REGS='"splatsieve_regs.h"', or put splatsieve_regs.h on the include path.

   1. splatsieve_check: is it this core, of this build?
   2. Put a pack into memory at a multiple of 4096; splatsieve_open_pack reads its header, and
      splatsieve_open tells the core. Of caches see hw/interface.md.
   3. splatsieve_set_camera, then splatsieve_start; or, behind a frame under way, splatsieve_queue.
   4. splatsieve_wait; splatsieve_status says how the frame ended, splatsieve_counters what it took.
*/
#ifndef SPLATSIEVE_H
#define SPLATSIEVE_H

#include <stdint.h>

#ifdef SPLATSIEVE_REGS
#include SPLATSIEVE_REGS
#else
#include "splatsieve_regs.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    SPLATSIEVE_OK = 0,
    SPLATSIEVE_ABSENT,      /* no splatsieve answers there */
    SPLATSIEVE_OTHER_BUILD, /* one of another version or other parameters */
    SPLATSIEVE_BAD_ADDRESS, /* no multiple of 4096, or out of reach, or too short */
    SPLATSIEVE_BAD_PACK,    /* no pack, or of another version, or longer than its memory */
    SPLATSIEVE_BAD_CAMERA,  /* out of reach of the number formats */
    SPLATSIEVE_BUSY,        /* a frame is under way: queue it */
    SPLATSIEVE_QUEUED,      /* a queued frame has not begun: wait until it has */
    SPLATSIEVE_TIMEOUT,
    SPLATSIEVE_NOT_STARTED,
    SPLATSIEVE_NOT_ANTIALIASED /* this build is not: draw without, or take one that is */
} splatsieve_error;

/* The register window. Of memory-mapped registers: see splatsieve_mapped. */
typedef struct {
    void *context;
    uint32_t (*read)(void *context, uint32_t offset);
    void (*write)(void *context, uint32_t offset, uint32_t value);
} splatsieve_bus;

typedef struct {
    int busy, done, start_ignored, queued;
    uint32_t code;   /* SPLATSIEVE_CODE_DONE where the last frame is complete */
    uint32_t frames; /* ended since reset, modulo 65,536 */
} splatsieve_state;

/* OpenCV axes: x right, y down, z forward. Camera = rotation * world + translation; the rotation is
   exact, its rows are the camera's axes. The centre of pixel (0, 0) is at (0.5, 0.5). */
typedef struct {
    double rotation[3][3], translation[3];
    double fx, fy, cx, cy;
    uint32_t width, height;
} splatsieve_camera;

/* Where renderers differ. */
typedef struct {
    double near_plane;      /* scene units */
    int clamps_about_image; /* 0: x/z and y/z are clamped about the optical axis */
    double alpha_max;
    int antialiased; /* opacities lose what the low pass adds; 0 as the rules below begin */
} splatsieve_rules;

/* Of a pack's header. */
typedef struct {
    int32_t exponent; /* a grid unit is 2^exponent scene units */
    double origin[3];
    const uint8_t *clusters; /* records of 32 bytes, in the memory of the host */
    uint64_t clusters_count;
} splatsieve_pack;

/* Of a picture, in a build that draws; 0 otherwise. */
typedef struct {
    uint64_t list_address, list_bytes; /* multiples of 2048 */
    double background[3];              /* red, green, blue, 0 to 1023/512 */
    uint32_t first_row, rows;          /* of bins, a strip; rows 0: all */
} splatsieve_drawing;

/* Bus of registers that lie in memory, from `base` on. */
splatsieve_bus splatsieve_mapped(volatile uint32_t *base);
splatsieve_rules splatsieve_inria(void);
splatsieve_rules splatsieve_gsplat(void);

splatsieve_error splatsieve_check(const splatsieve_bus *bus);
splatsieve_error splatsieve_open_pack(const void *image, uint64_t bytes, splatsieve_pack *pack);
splatsieve_error splatsieve_open(const splatsieve_bus *bus, uint64_t address, uint64_t bytes);
#ifdef SPLATSIEVE_REG_PICTURE_ADDRESS_LOW
splatsieve_error splatsieve_open_picture(const splatsieve_bus *bus, uint64_t address,
                                         uint64_t bytes);
#endif

/* The frame constants of a view, a word a register from SPLATSIEVE_FRAME_FIRST on. */
splatsieve_error splatsieve_constants(const splatsieve_camera *camera,
                                      const splatsieve_rules *rules, const splatsieve_pack *pack,
                                      const splatsieve_drawing *drawing,
                                      uint32_t words[SPLATSIEVE_FRAME_WORDS]);
/* Writes them for the next frame to begin; a frame under way keeps its own. */
splatsieve_error splatsieve_set_constants(const splatsieve_bus *bus,
                                          const uint32_t words[SPLATSIEVE_FRAME_WORDS]);
/* Both; `drawing` is 0 in a build that does not draw. */
splatsieve_error splatsieve_set_camera(const splatsieve_bus *bus, const splatsieve_camera *camera,
                                       const splatsieve_rules *rules, const splatsieve_pack *pack,
                                       const splatsieve_drawing *drawing);

splatsieve_error splatsieve_start(const splatsieve_bus *bus);
splatsieve_error splatsieve_queue(const splatsieve_bus *bus);
void splatsieve_stop(const splatsieve_bus *bus);
splatsieve_state splatsieve_status(const splatsieve_bus *bus);
/* Until no frame is under way or queued, looking `polls` times at most. */
splatsieve_error splatsieve_wait(const splatsieve_bus *bus, uint32_t polls, splatsieve_state *state);
/* Of the last frame that ended, after the frames since reset: from SPLATSIEVE_COUNTER_FIRST on. */
void splatsieve_counters(const splatsieve_bus *bus, uint32_t counters[SPLATSIEVE_COUNTERS]);

/* Causes that raise irq, of SPLATSIEVE_INTERRUPT_ENABLE_*_MASK; those that stand, cleared. */
void splatsieve_enable_interrupts(const splatsieve_bus *bus, uint32_t causes);
uint32_t splatsieve_acknowledge(const splatsieve_bus *bus);

#ifdef __cplusplus
}
#endif
#endif
