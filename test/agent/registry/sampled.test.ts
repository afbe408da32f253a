import { describe, expect, it } from 'vitest'
import { sampled } from '@spyglass/agent/registry'

describe('sampled', () => {
  it('reads once in its interval', () => {
    let time = 0
    let reads = 0
    const read = sampled(
      100,
      () => ++reads,
      () => time,
    )
    expect([read(), read()]).toEqual([1, 1])
    time = 99
    expect(read()).toBe(1)
    time = 100
    expect(read()).toBe(2)
  })
})
