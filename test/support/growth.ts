const FACTOR = 16
/** Halfway between work that grows in proportion to its input, 1, and with its square, 2. */
const LIMIT = 1.5
const TRIES = 5
/** Many systems count CPU time in ticks of up to 10 ms. */
const MEASURED_MICROSECONDS = 30_000

/**
 * The exponent with which the CPU time of `prepare(size)()` grows with the size: 1 in proportion, 2 with the square.
 *
 * What else the machine does only adds to a time, so the least of several tries counts; a cost that grows with the square misses in every
 * one. A precise factor is a matter for `bench/`.
 */
export function growthExponent(size: number, prepare: (size: number) => () => unknown): number {
  const [once, often] = [prepare(size), prepare(size * FACTOR)]
  let [least, leastOfOften, exponent] = [Infinity, Infinity, Infinity]
  for (let run = 0; run < TRIES && exponent > LIMIT; run++) {
    least = Math.min(least, cpuOf(once))
    leastOfOften = Math.min(leastOfOften, cpuOf(often))
    exponent = Math.log(leastOfOften / least) / Math.log(FACTOR)
  }
  return exponent
}

/** CPU time of this thread for one of as many runs as it takes to measure it, in microseconds. */
function cpuOf(run: () => unknown): number {
  const before = process.threadCpuUsage()
  for (let runs = 1; ; runs++) {
    run()
    const { user, system } = process.threadCpuUsage(before)
    if (user + system >= MEASURED_MICROSECONDS) return (user + system) / runs
  }
}
