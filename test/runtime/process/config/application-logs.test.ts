import { utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accessLogOf, outputFileOf, otherLogFiles, watchLogFiles } from '@spyglass/process/checked-config'
import { dataFolder, loadConfig } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../support/temp-folder.ts'

const folder = dataFolder('/d')

test('an application has the settings of all access logs where it has none of its own', () => {
  const access = { format: 'pattern', pattern: '%h', to: 'output' }
  const applications = [
    { name: 'shop', folder: '.', accessLog: { format: 'json', to: 'file', file: '/var/log/shop/access.log' } },
    { name: 'blog', folder: '.', listener: 'second', accessLog: { enabled: false } },
  ]
  const config = loadConfig({
    base: { logs: { access }, applications, listeners: [{ name: 'http' }, { name: 'second', port: 8081 }] },
  })
  expect(accessLogOf(config, folder, 'shop')).toEqual({
    enabled: true,
    format: 'json',
    pattern: '%h',
    to: 'file',
    file: '/var/log/shop/access.log',
  })
  expect(accessLogOf(config, folder, 'blog')).toEqual({
    enabled: false,
    format: 'pattern',
    pattern: '%h',
    to: 'output',
    file: '/d/logs/access/blog.log',
  })
  expect(accessLogOf(config, folder, '_server')).toMatchObject({ enabled: true, format: 'pattern', file: '/d/logs/access/_server.log' })
  expect(otherLogFiles(config)).toEqual({ access: ['/var/log/shop/access.log'], output: [] })
})

test('the output of an application goes to the server log, to its file, or to the one that it names', () => {
  const at = (settings: object) => loadConfig({ base: { applications: [{ name: 'shop', folder: '.', ...settings }] } }).applications[0]!
  expect(outputFileOf(at({}), folder)).toBeUndefined()
  expect(outputFileOf(at({ output: 'file' }), folder)).toBe('/d/logs/output/shop.log')
  expect(outputFileOf(at({ output: 'file', outputFile: '/var/log/shop.log' }), folder)).toBe('/var/log/shop.log')
})

test('files elsewhere follow the running configuration, which is read when it has changed', () => {
  const file = join(tempFolder(), 'config.json')
  let [reads, name] = [0, '/var/log/a.log']
  const files = watchLogFiles(file, () => {
    reads++
    return loadConfig({ base: { applications: [{ name: 'shop', folder: '.', accessLog: { file: name } }] } })
  })
  writeFileSync(file, '')
  expect([files(), files()].map(({ access }) => access)).toEqual([['/var/log/a.log'], ['/var/log/a.log']])
  expect(reads).toBe(1)
  name = '/var/log/b.log'
  utimesSync(file, 1, 1)
  expect(files().access).toEqual(['/var/log/b.log'])
})

test('a file of a log ends with .log, a pattern is there where one is needed, and shared processes have one output', () => {
  const check = (settings: object) => () => loadConfig({ base: { applications: [{ name: 'shop', folder: '.', ...settings }] } })
  expect(check({ accessLog: { file: '/etc/passwd' } })).toThrow('a path that ends with .log')
  expect(check({ accessLog: { format: 'pattern' } })).toThrow('applications[0].accessLog.pattern: missing')
  expect(check({ isolation: 'shared', output: 'file' })).toThrow('applications[0].output: not available with isolation: shared')
})
