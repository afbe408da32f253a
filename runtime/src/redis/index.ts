export { applicationPackage } from './application-package.ts'
export { connectRedis, type RedisConnection, withoutCommand } from './connect-redis.ts'
export type { RedisBase } from './redis-package.ts'
export { type RedisNamed, redisType } from './redis-type.ts'
