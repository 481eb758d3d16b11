-- Renews a process's lease.
--
-- KEYS  1 leases (zset)
-- ARGV  1 process   2 the lease in ms
-- Returns 1 if it was held, 0 if it is new or had been lost
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local before = redis.call('ZSCORE', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
return before and 1 or 0
