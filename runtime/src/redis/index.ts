export { applicationPackage } from './application-package.ts'
export { connectRedis, type RedisConnection } from './connect-redis.ts'
export type { RedisBase } from './redis-package.ts'
export { type RedisNamed, redisType } from './redis-type.ts'
