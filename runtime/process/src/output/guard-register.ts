/**
 * `node --require …`: guards the output before anything else writes, in worker threads too, and takes what the process inherited out of the
 * environment before an application sees it.
 */
import { isMainThread } from 'node:worker_threads'
import { inherited } from '../channel/inherited.ts'
import { guardOutput } from './guard-output.ts'

const { umask } = inherited() ?? {}
if (umask !== undefined && isMainThread) process.umask(umask)
guardOutput(process.env['SPYGLASS_PROCESS'] ?? 'application')
