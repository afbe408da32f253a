import { expect, test } from 'vitest'
import { bunyan } from '../../../agent/src/instrument/bunyan.ts'
import { log4js } from '../../../agent/src/instrument/log4js.ts'
import { pino } from '../../../agent/src/instrument/pino.ts'
import { winston } from '../../../agent/src/instrument/winston.ts'
import { type Recorded, formsOf, recorded } from '../../support/instrumented.ts'

const DECLARED = 'declare const inRequest: (handler: () => unknown) => Promise<string>\n'

const WINSTON = `import winston from 'winston'
const hide = winston.format((info) => ({ ...info, card: '[hidden]' }))
const logger = winston.createLogger({
  format: winston.format.combine(hide(), winston.format.json()),
  transports: [new winston.transports.Console()],
})
async function main(): Promise<void> {
  await inRequest(() => {
    logger.info('ordered', { order: 9, password: 'zqz', card: 'zqz' })
    logger.debug('unseen')
  })
  logger.child({ part: 'cart' }).warn('outside')
}
${DECLARED}`

const BUNYAN = `import bunyan from 'bunyan'
const logger = bunyan.createLogger({ name: 'shop', serializers: { card: () => '[hidden]' } })
async function main(): Promise<void> {
  await inRequest(() => {
    logger.info({ order: 9, password: 'zqz', card: 'zqz' }, 'ordered')
    logger.debug('unseen')
  })
  logger.child({ part: 'cart' }).warn('outside')
}
${DECLARED}`

const PINO = `import pino from 'pino'
const logger = pino({ redact: { paths: ['card'], censor: '[hidden]' } })
async function main(): Promise<void> {
  await inRequest(() => {
    logger.info({ order: 9, password: 'zqz', card: 'zqz' }, 'ordered')
    logger.debug('unseen')
  })
  logger.child({ part: 'cart' }).warn('outside')
}
${DECLARED}`

const LOG4JS = `import log4js from 'log4js'
log4js.configure({
  appenders: { out: { type: 'console', layout: { type: 'pattern', pattern: '{"message":"%m","trace_id":"%X{trace_id}","span_id":"%X{span_id}"}' } } },
  categories: { default: { appenders: ['out'], level: 'info' } },
})
const logger = log4js.getLogger('shop')
async function main(): Promise<void> {
  await inRequest(() => {
    logger.info('ordered %d', 9, { password: 'zqz' })
    logger.debug('unseen')
  })
  logger.addContext('part', 'cart')
  logger.warn('outside')
}
${DECLARED}`

/** The line of the request has its ids and what is sent is without secrets; the other line has no ids. */
function expectLines({ traces, sink, stdout }: Recorded, printsFields = true): void {
  const root = traces[0]?.root
  const [ordered, outside, ...more] = sink.logs.filter(({ severityText }) => severityText !== '')
  expect(more).toEqual([])
  expect(ordered).toMatchObject({ severityNumber: 9, severityText: 'INFO', traceId: root?.traceId, spanId: root?.spanId })
  expect(String(ordered?.body)).toMatch(/^ordered/)
  expect(outside).toMatchObject({ severityNumber: 13, severityText: 'WARN', body: 'outside', attributes: { part: 'cart' } })
  expect(outside?.traceId ?? '').toBe('')
  if (printsFields) expect(ordered?.attributes).toEqual(expect.objectContaining({ order: 9, password: '[redacted]', card: '[hidden]' }))
  expect(JSON.stringify(sink.logs)).not.toContain('zqz')
  const printed = stdout.split('\n').find((line) => line.includes('ordered'))
  expect(printed).toContain(`"trace_id":"${root?.traceId}"`)
  expect(printed).toContain(`"span_id":"${root?.spanId}"`)
  expect(stdout).not.toContain('unseen')
}

test('lines of winston have the ids of their request and are sent as its format makes them, in each form', async () => {
  for (const form of formsOf(winston)) expectLines(await recorded(WINSTON, { form }))
})

test('lines of pino have the ids of their request and are sent as it redacts them, in each form', async () => {
  for (const form of formsOf(pino)) expectLines(await recorded(PINO, { form }))
})

test('lines of bunyan have the ids of their request and are sent as its serializers make them, in each form', async () => {
  for (const form of formsOf(bunyan)) expectLines(await recorded(BUNYAN, { form }))
})

test('events of log4js have the ids of their request in their context and are sent once, in each form', async () => {
  for (const form of formsOf(log4js)) expectLines(await recorded(LOG4JS, { form }), false)
})
