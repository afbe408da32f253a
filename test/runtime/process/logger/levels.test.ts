import pino from 'pino'
import { afterEach, expect, test } from 'vitest'
import { followLevels, levelOf, setLogLevels } from '../../../../runtime/process/src/logger/levels.ts'

afterEach(() => setLogLevels({ level: 'info' }))

test('the most exact name counts', () => {
  setLogLevels({ level: 'warn', levels: { collector: 'error', wal: 'debug', 'collector.wal': 'trace', shop: 'silent' } })
  expect(levelOf({ process: 'collector', component: 'wal' })).toBe('trace')
  expect(levelOf({ process: 'store', component: 'wal' })).toBe('debug')
  expect(levelOf({ process: 'collector', component: 'spool' })).toBe('error')
  expect(levelOf({ process: 'shop-1', application: 'shop', component: 'pool' })).toBe('silent')
  expect(levelOf({ process: 'management' })).toBe('warn')
  expect(levelOf({ process: 'toString' })).toBe('warn')
})

test('a change reaches loggers that exist, those made of them, and those made later', () => {
  const lines: string[] = []
  const logger = pino(
    { base: null, timestamp: false },
    { write: (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg) },
  )
  followLevels(logger, { process: 'collector' })
  const wal = logger.child({ component: 'wal' })
  wal.debug('1')
  setLogLevels({ level: 'error', levels: { wal: 'debug' } })
  wal.debug('2')
  logger.info('3')
  logger.child({ component: 'wal' }).debug('4')
  wal.child({ reqId: 7 }).debug('5')
  logger.child({ component: 'spool' }).info('6')
  setLogLevels({ level: 'info' })
  wal.debug('7')
  logger.info('8')
  expect(lines).toEqual(['2', '4', '5', '8'])
})
