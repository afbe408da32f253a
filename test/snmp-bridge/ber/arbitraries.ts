/** Arbitrary SNMP values and names for property tests. */
import * as fc from 'fast-check'
import type { Oid } from '../../../snmp-bridge/src/ber/oid.ts'
import type { SnmpValue } from '../../../snmp-bridge/src/ber/value.ts'

const unsigned = fc.oneof(
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.constantFrom(0, 127, 128, 255, 256, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff),
)

export const arbitraryOid: fc.Arbitrary<Oid> = fc
  .tuple(
    fc.oneof(
      fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 39 })),
      fc.tuple(fc.constant(2), fc.integer({ min: 0, max: 0xffff_ffff - 80 })),
    ),
    fc.array(unsigned, { maxLength: 126 }),
  )
  .map(([head, rest]) => [...head, ...rest])

const buffer = (options: fc.IntArrayConstraints): fc.Arbitrary<Buffer> => fc.uint8Array(options).map((bytes) => Buffer.from(bytes))

export const arbitraryValue: fc.Arbitrary<SnmpValue> = fc.oneof(
  fc.record({ type: fc.constant('integer' as const), value: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }) }),
  fc.record({ type: fc.constantFrom('counter32' as const, 'gauge32' as const, 'timeTicks' as const), value: unsigned }),
  fc.record({ type: fc.constant('counter64' as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  fc.record({ type: fc.constantFrom('octets' as const, 'opaque' as const), value: buffer({ maxLength: 300 }) }),
  fc.record({ type: fc.constant('ipAddress' as const), value: buffer({ minLength: 4, maxLength: 4 }) }),
  fc.record({ type: fc.constant('oid' as const), value: arbitraryOid }),
  fc.record({ type: fc.constantFrom('null' as const, 'noSuchObject' as const, 'noSuchInstance' as const, 'endOfMibView' as const) }),
)
