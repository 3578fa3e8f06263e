export { type RedisServer, type StartRedis, startRedis } from './start-redis.ts'
