/** A short run of `npm run soak -- incidents`. */
import { expect, test } from 'vitest'
import { killDuringIncidents } from '../soak/incident-kills.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { requireTool } from '../support/require-tool.ts'
import { tempFolder } from '../support/temp-folder.ts'

test(
  'processes and receivers are killed during incidents: every receiver gets every raise and clear',
  { timeout: 600_000 },
  async (context) => {
    requireTool(context, 'snmptrapd')
    const { rows, incidents } = await killDuringIncidents(tempFolder(), { kills: 5, incidents: 20, random: seededRandom(7) })
    expect(incidents).toBeGreaterThanOrEqual(20)
    expect(rows.map(({ receiver, missing, open }) => ({ receiver, missing, open }))).toEqual(
      ['SNMP', 'event stream', 'table of events', 'open incidents (MBeans)', 'pages'].map((receiver) => ({
        receiver,
        missing: 0,
        open: 0,
      })),
    )
  },
)
