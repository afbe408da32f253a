/**
 * Sets the size of libuv's thread pool; must be the first import of the process. Each statement holds a thread while it runs, and four
 * long SELECTs on the four threads of the default would stop every insert and every file access. The pool takes its size when it is
 * first used, so a larger one can still be asked for here.
 */
const MAX_READERS = 16
const OTHER_SESSIONS = 4
const SPARE = 8

const needed = MAX_READERS + OTHER_SESSIONS + SPARE

if (Number(process.env['UV_THREADPOOL_SIZE'] ?? 0) < needed) process.env['UV_THREADPOOL_SIZE'] = String(needed)
