/**
 * HCNUM-TC (RFC 2856): the standard name for a gauge of 64 bits. No package that we install carries the module, so the part we use is
 * written here; names, numbers and syntax are those of the RFC.
 */
import { lines, quoted, textualConvention } from './clauses.ts'

export const HCNUM_TC = 'HCNUM-TC'

export const hcnumTcText = `${[
  lines(
    `${HCNUM_TC} DEFINITIONS ::= BEGIN`,
    '',
    'IMPORTS',
    '    MODULE-IDENTITY, mib-2, Counter64',
    '        FROM SNMPv2-SMI',
    '    TEXTUAL-CONVENTION',
    '        FROM SNMPv2-TC;',
  ),
  lines(
    'hcnumTC MODULE-IDENTITY',
    '    LAST-UPDATED "200006080000Z"',
    '    ORGANIZATION "IETF OPS Area"',
    '    CONTACT-INFO',
    quoted('See RFC 2856.'),
    '    DESCRIPTION',
    quoted('The textual conventions of RFC 2856 for high-capacity numbers.'),
    '    REVISION "200006080000Z"',
    '    DESCRIPTION',
    quoted('As published in RFC 2856.'),
    '    ::= { mib-2 78 }',
  ),
  textualConvention({
    name: 'CounterBasedGauge64',
    description: 'A 64-bit gauge: it goes up and down although it is encoded as a Counter64. Use its value, not its rate.',
    syntax: 'Counter64',
  }),
  textualConvention({ name: 'ZeroBasedCounter64', description: 'A 64-bit counter that starts at 0.', syntax: 'Counter64' }),
  'END',
].join('\n\n')}\n`
