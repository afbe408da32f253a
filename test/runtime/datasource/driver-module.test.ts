import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { driverModule } from '../../../runtime/src/datasource/driver-module.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const PG = { name: 'pg', from: '8.0.0', before: '9.0.0' } as const

function application(version?: string): string {
  const folder = tempFolder()
  if (version === undefined) return folder
  const at = join(folder, 'node_modules', 'pg')
  mkdirSync(at, { recursive: true })
  writeFileSync(join(at, 'package.json'), JSON.stringify({ name: 'pg', version, main: 'index.js' }))
  writeFileSync(join(at, 'index.js'), `module.exports = { version: '${version}' }`)
  return folder
}

test('the first application that has the package gives it', () => {
  expect(driverModule(PG, 'shop', [application(), application('8.11.3'), application('8.2.0')])).toEqual({ version: '8.11.3' })
})

test('without it the error says what to install, and where', () => {
  const folder = application()
  expect(() => driverModule(PG, 'shop', [folder])).toThrow(expect.objectContaining({ code: 'SPY_DRIVER_MISSING' }))
  expect(() => driverModule(PG, 'shop', [folder])).toThrow(`is not installed in ${folder}; run npm install pg there`)
  expect(() => driverModule(PG, 'shop', [])).toThrow('in any application')
})

test.for(['7.18.2', '9.0.0', '10.1.0'])('version %s is refused', (version) => {
  expect(() => driverModule(PG, 'shop', [application(version)])).toThrow(`pg ${version} in`)
})

test('a package that fails to load says so itself', () => {
  const folder = application('8.0.0')
  writeFileSync(join(folder, 'node_modules', 'pg', 'index.js'), 'throw new RangeError("broken")')
  expect(() => driverModule(PG, 'shop', [folder])).toThrow(RangeError)
})
