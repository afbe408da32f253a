import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { deliverSpools, isRead, readerMark } from '../../../agent/src/spool/deliver-spools.ts'
import { FRAME, FrameWriter } from '../../../agent/src/spool/frames.ts'
import { SpoolFile } from '../../../agent/src/spool/spool-file.ts'
import { openSpoolFolder, userSpoolFolders } from '../../../agent/src/spool/spool-folder.ts'
import { applicationKey, isAbandoned, ownIdentity, parseSpoolName, spoolName } from '../../../agent/src/spool/spool-name.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const KEY = applicationKey('shop', '/app.js', 'http://127.0.0.1:4318/')
const self = ownIdentity()
/** A process that is gone: this one's pid with another start. */
const gone = { ...self, start: String(Number(self.start) + 1) }

function spoolOf(folder: string, writer = gone, suffix = ''): string {
  const name = spoolName(KEY, writer) + suffix
  const header = {
    resource: { 'service.name': 'shop' },
    scope: { name: 'spyglass.agent' },
    endpoint: 'http://127.0.0.1:4318/',
    pid: writer.pid,
  }
  const file = new SpoolFile(join(folder, name), header, 65_536)
  file.restart(new FrameWriter(), () => {})
  file.close()
  return name
}

const deliverAll = (folder: string, taken: string[] = []): Promise<number> =>
  deliverSpools({
    folder,
    accepts: () => true,
    async deliver({ header }) {
      taken.push(String(header.resource['service.name']))
      return true
    },
  })

test('the spool of a process that is gone is delivered and removed; those of living ones stay', async () => {
  const folder = tempFolder()
  spoolOf(folder)
  const living = spoolOf(folder, self)
  expect(await deliverAll(folder)).toBe(1)
  expect(readdirSync(folder)).toEqual([living])
})

test('a spool that is for another reader is read once, and forgotten when it is gone', async () => {
  const folder = tempFolder()
  const name = spoolOf(folder)
  const refused = new Set<string>()
  let read = 0
  const round = () => deliverSpools({ folder, refused, accepts: () => ++read === 0, deliver: () => Promise.resolve(true) })
  await round()
  await round()
  expect([read, refused.size, readdirSync(folder)]).toEqual([1, 1, [name]])
  rmSync(join(folder, name))
  await round()
  expect(refused.size).toBe(0)
})

test('the age of a refused spool is looked at in thorough rounds only, and what is new in every round', async () => {
  const folder = tempFolder()
  const other = spoolOf(folder)
  const refused = new Set<string>()
  const read: string[] = []
  const accepts = ({ name }: { readonly name: string }): boolean => {
    read.push(name)
    return name !== other
  }
  const round = (isThorough: boolean) => deliverSpools({ folder, refused, isThorough, accepts, deliver: () => Promise.resolve(true) })
  await round(false)
  utimesSync(join(folder, other), 0, 0)
  const later = spoolOf(folder, { ...gone, thread: 1 })
  expect(await round(false)).toBe(1)
  expect([read, readdirSync(folder)]).toEqual([[other, later], [other]])
  await round(true)
  expect(readdirSync(folder)).toEqual([])
})

test('a file that its writer let go of is delivered though the process lives; one that a dead reader holds as well', async () => {
  const folder = tempFolder()
  spoolOf(folder, self, '.ended')
  spoolOf(folder, gone, `.${gone.pid}-${gone.start}-0-${gone.space}`)
  const held = spoolOf(folder, { ...gone, thread: 7 }, `.${self.pid}-${self.start}-9-${self.space}`)
  expect(await deliverAll(folder)).toBe(2)
  expect(readdirSync(folder)).toEqual([held])
})

test('what cannot be delivered now is held and delivered later', async () => {
  const folder = tempFolder()
  spoolOf(folder)
  expect(await deliverSpools({ folder, accepts: () => true, deliver: async () => false })).toBe(0)
  expect(readdirSync(folder).length).toBe(1)
  expect(await deliverAll(folder)).toBe(1)
})

test('other files, links, what is no spool and spools of another version are left alone; what is over a week old is removed', async () => {
  const folder = tempFolder()
  writeFileSync(join(folder, 'notes.txt'), 'x')
  writeFileSync(join(folder, spoolName(KEY, gone)), 'no spool')
  const target = join(tempFolder(), 'target')
  writeFileSync(target, 'x')
  symlinkSync(target, join(folder, spoolName(KEY, { ...gone, thread: 1 })))
  const frames = new FrameWriter()
  const start = frames.begin(FRAME.header)
  frames.json({ version: 99 })
  frames.end(start, 0)
  writeFileSync(join(folder, spoolName(KEY, { ...gone, thread: 2 })), frames.bytes)
  expect(await deliverAll(folder)).toBe(0)
  expect(readdirSync(folder).length).toBe(4)
  const old = spoolOf(folder, { ...gone, thread: 3 })
  utimesSync(join(folder, old), 0, 0)
  expect(await deliverAll(folder)).toBe(0)
  expect(existsSync(join(folder, old))).toBe(false)
})

test('a process of another boot or namespace is judged by when it last wrote', () => {
  const spool = parseSpoolName(spoolName(KEY, { ...self, space: '00000000' }))!
  expect(isAbandoned(spool, self, () => Date.now() - 5000)).toBe(false)
  expect(isAbandoned(spool, self, () => Date.now() - 120_000)).toBe(true)
})

test('a name that no agent gave is none', () => {
  expect(parseSpoolName(spoolName(KEY, self))).toMatchObject({ key: KEY, writer: self, hasEnded: false, holder: undefined })
  for (const name of ['', 'x.spool', `${spoolName(KEY, self)}.bak`, `../${spoolName(KEY, self)}`])
    expect(parseSpoolName(name)).toBeUndefined()
})

test('a mark of the last seconds says that the folder is read', () => {
  const folder = tempFolder()
  expect(isRead(folder, 'http://127.0.0.1:4318')).toBe(false)
  writeFileSync(readerMark(folder, 4318), '')
  expect(isRead(folder, 'http://127.0.0.1:4318')).toBe(true)
  expect(isRead(folder, 'http://127.0.0.1:4319')).toBe(false)
  utimesSync(readerMark(folder, 4318), 0, 0)
  expect(isRead(folder, 'http://127.0.0.1:4318')).toBe(false)
})

test('folders that are links, others may write to or cannot be made are passed over', () => {
  const root = tempFolder()
  mkdirSync(join(root, 'elsewhere'))
  symlinkSync(join(root, 'elsewhere'), join(root, 'link'))
  mkdirSync(join(root, 'open'))
  chmodSync(join(root, 'open'), 0o777)
  const bad = [join(root, 'link'), join(root, 'open'), '/proc/nowhere/spool']
  expect(openSpoolFolder([...bad, join(root, 'own/spool')])).toBe(join(root, 'own/spool'))
  expect(() => openSpoolFolder(bad)).toThrow()
  expect(() => openSpoolFolder([join(root, 'link')])).toThrow(expect.objectContaining({ code: 'SPY_SPOOL_FOLDER' }))
})

test('the folder of a user follows XDG_STATE_HOME, then HOME, then the temporary folder', () => {
  expect(userSpoolFolders({ XDG_STATE_HOME: '/state', HOME: '/users/a' })[0]).toBe('/state/spyglass/spool')
  expect(userSpoolFolders({ HOME: '/users/a' })[0]).toBe('/users/a/.local/state/spyglass/spool')
  expect(userSpoolFolders({ HOME: '/' })).toEqual([expect.stringMatching(/spyglass-\d+\/spool$/)])
})
