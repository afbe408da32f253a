import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { deniedTo } from '../../../../runtime/process/src/isolation/access-probe.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

const user = { uid: 1_900_000_003, gid: 1_900_000_003 }

test.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
  'says which folder on the way is closed, or what does not exist',
  () => {
    const place = tempFolder()
    chmodSync(place, 0o711)
    mkdirSync(join(place, 'closed/open'), { recursive: true })
    chmodSync(join(place, 'closed'), 0o750)
    const file = join(place, "closed/open/it's a file")
    writeFileSync(file, '')
    expect(deniedTo(user, [{ path: file, to: 'read' }])).toEqual([
      `user ${user.uid} cannot read ${file}: ${join(place, 'closed')} is closed to that user (mode 0750; chmod o+x opens the way)`,
    ])
    expect(deniedTo(user, [{ path: join(place, 'none'), to: 'read', advice: 'Make it.' }])).toEqual([
      `user ${user.uid} cannot read ${join(place, 'none')}: it does not exist. Make it.`,
    ])
    expect(deniedTo(user, [{ path: '/', to: 'pass through' }])).toEqual([])
  },
)
