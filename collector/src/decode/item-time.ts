/** The time of an item: its own, or the time of receipt if it has none. */
import type { TimeWindow } from './time-window.ts'

const HIGH = 4_294_967_296

export class ItemTime {
  /** Nanoseconds since the epoch as two words. */
  low = 0
  high = 0
  /** Seconds since the epoch. */
  seconds = 0

  /** Reads the fixed64 at `at`; false if there is none (-1) or it is 0, which means unknown. */
  take(buf: Buffer, at: number): boolean {
    if (at < 0) return false
    this.low = buf.readUInt32LE(at)
    this.high = buf.readUInt32LE(at + 4)
    this.seconds = (this.high * HIGH + this.low) / 1e9
    return this.low !== 0 || this.high !== 0
  }

  takeReceipt({ nowMs }: TimeWindow): void {
    const nanos = BigInt(Math.round(nowMs)) * 1_000_000n
    this.low = Number(nanos & 0xffffffffn)
    this.high = Number(nanos >> 32n)
    this.seconds = nowMs / 1000
  }

  isWithin({ from, to }: TimeWindow): boolean {
    return this.seconds >= from && this.seconds <= to
  }
}

/** Message to the sender about items whose time was missing. */
export const NO_TIME = 'without a time were given the time of receipt'
