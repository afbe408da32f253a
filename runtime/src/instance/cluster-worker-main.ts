/**
 * Loaded before the program in every process that a hosted program forks; does something only in workers of node:cluster that the instance forked itself.
 * A child of the program inherits the flag and passes it on to workers of its own, whom nobody would answer.
 */
import cluster from 'node:cluster'

const primary = Number(new URL(import.meta.url).searchParams.get('primary'))
if (cluster.isWorker && primary === process.ppid) await (await import('./cluster-worker-share.ts')).beginWorker()
