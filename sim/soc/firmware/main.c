/* Draws pictures of the pack in memory with the driver in C, and says how it went on the UART.

   Every line is "name value" or "name value value ..."; a byte of 4, end of transmission, is last.
   What is drawn is in job.h, which is generated. */
#include <generated/csr.h>
#include <generated/mem.h>
#include <generated/sdram_phy.h>
#include <irq.h>
#include <splatsieve.h>

#include "job.h"

#define ADLER 65521u
#define CAUSES (SPLATSIEVE_INTERRUPT_ENABLE_DONE_MASK | SPLATSIEVE_INTERRUPT_ENABLE_ERROR_MASK)

static splatsieve_bus bus;
static volatile uint32_t interrupts, ended;

static void put_char(char c)
{
    while (uart_txfull_read()) {}
    uart_rxtx_write((uint8_t)c);
}

static void put_text(const char *text)
{
    while (*text) put_char(*text++);
}

static void put_number(uint32_t value)
{
    char digits[10];
    int count = 0;
    do digits[count++] = (char)('0' + value % 10);
    while (value /= 10);
    put_char(' ');
    while (count) put_char(digits[--count]);
}

static void say(const char *name, uint32_t value)
{
    put_text(name);
    put_number(value);
    put_char('\n');
}

/* Called by the trap entry of LiteX. */
void isr(void)
{
    if (irq_pending() & (1u << SPLATSIEVE_INTERRUPT)) {
        ended |= splatsieve_acknowledge(&bus);
        ++interrupts;
    }
}

static void start_clock(void)
{
    timer0_en_write(0);
    timer0_load_write(0xFFFFFFFF);
    timer0_reload_write(0xFFFFFFFF);
    timer0_en_write(1);
}

/* Cycles since start_clock; the timer counts down. */
static uint32_t now(void)
{
    timer0_update_value_write(1);
    return ~timer0_value_read();
}

/* As zlib's adler32, of memory as the processor sees it. */
static uint32_t checksum(const volatile uint8_t *bytes, uint32_t count)
{
    uint32_t a = 1, b = 0;
    while (count) {
        uint32_t some = count < 5552 ? count : 5552;
        count -= some;
        while (some--) b += a += *bytes++;
        a %= ADLER, b %= ADLER;
    }
    return b << 16 | a;
}

static void start_memory(void)
{
    init_sequence();
    sdram_dfii_control_write(DFII_CONTROL_SEL);
}

static splatsieve_error draw(const job_view *view, const splatsieve_pack *pack)
{
    const splatsieve_rules rules = splatsieve_inria();
    uint8_t *const picture = (uint8_t *)view->picture;
    uint32_t counters[SPLATSIEVE_COUNTERS];
    splatsieve_state state;
    splatsieve_error error = splatsieve_open_picture(&bus, view->picture, view->bytes);
    if (error) return error;

    const uint32_t before = now();
    error = splatsieve_set_camera(&bus, &view->camera, &rules, pack, &view->drawing);
    if (error) return error;
    say("camera_cycles", now() - before);

    ended = 0;
    const uint32_t begin = now();
    error = splatsieve_start(&bus);
    if (error) return error;
    while (!ended) {}
    say("interrupt_cycles", now() - begin);

    error = splatsieve_wait(&bus, 0, &state);
    if (error) return error;
    say("code", state.code);
    put_text("counters");
    splatsieve_counters(&bus, counters);
    for (int n = 0; n < SPLATSIEVE_COUNTERS; ++n) put_number(counters[n]);
    put_char('\n');
    /* Nothing tells the processor's cache of what the core wrote. */
    flush_cpu_dcache();
    say("checksum", checksum(picture, view->bytes));
    return SPLATSIEVE_OK;
}

static splatsieve_error draw_all(void)
{
    splatsieve_pack pack;
    splatsieve_error error = splatsieve_check(&bus);
    if (error) return error;
    error = splatsieve_open_pack((const void *)JOB_PACK, JOB_PACK_BYTES, &pack);
    if (error) return error;
    error = splatsieve_open(&bus, JOB_PACK, JOB_PACK_BYTES);
    if (error) return error;
    splatsieve_enable_interrupts(&bus, CAUSES);
    for (unsigned n = 0; n < sizeof job_views / sizeof job_views[0]; ++n) {
        error = draw(&job_views[n], &pack);
        if (error) return error;
    }
    return SPLATSIEVE_OK;
}

int main(void)
{
    bus = splatsieve_mapped((volatile uint32_t *)SPLATSIEVE_BASE);
    start_clock();
    start_memory();
    say("memory_cycles", now());
    splatsieve_ev_enable_write(1);
    irq_setmask(1u << SPLATSIEVE_INTERRUPT);
    irq_setie(1);
    say("error", draw_all());
    say("interrupts", interrupts);
    put_char(4);
    return 0;
}
