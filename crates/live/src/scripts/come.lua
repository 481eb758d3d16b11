-- Enters a socket of somebody who is thereby online, or says anew whether that socket takes requests.
--
-- KEYS  1 who is online (hash)        2 the person's sockets (hash)   3 where the process is (set)
--       4 timers (zset)               5 leases (zset)
-- ARGV  1 the person in the first     2 the socket there              3 the socket at the process
--       4 the person's timer          5 the process
--       6 '1' if it takes requests, '0' if not, '' if it has not said: then it is as it was, or as the person is
--       7 the person's profile (JSON)
--       8 the channel on which that is told, '' for a person without a status, of whom nothing is told
-- Returns 0 if the process holds no lease: nobody would take the socket away when it dies, so it is not entered
if not redis.call('ZSCORE', KEYS[5], ARGV[5]) then return 0 end
local before = redis.call('HGET', KEYS[1], ARGV[1])
local status, since
if before and ARGV[8] ~= '' then
  status, since = string.match(before, '"status":"(%a+)","since":(%d+)}$')
end
local takes = ARGV[6]
if takes == '' then
  takes = redis.call('HGET', KEYS[2], ARGV[2]) or (status == 'away' and '0' or '1')
end
redis.call('HSET', KEYS[2], ARGV[2], takes)
redis.call('SADD', KEYS[3], ARGV[3])
if takes == '1' then redis.call('ZREM', KEYS[4], ARGV[4]) end

if ARGV[8] == '' then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[7])
  return 1
end
-- Who has just said to be away is away; but a socket that is gone for a moment keeps its status until the timer is due.
local now = status or 'available'
if takes == '1' then
  now = 'available'
elseif ARGV[6] == '0' then
  now = 'away'
  for _, other in ipairs(redis.call('HVALS', KEYS[2])) do
    if other == '1' then now = 'available' end
  end
end
if not since then
  local time = redis.call('TIME')
  since = string.format('%.0f', time[1] * 1000000 + time[2])
end
local after = string.sub(ARGV[7], 1, -2) .. ',"status":"' .. now .. '","since":' .. since .. '}'
if after ~= before then
  redis.call('HSET', KEYS[1], ARGV[1], after)
  redis.call('SPUBLISH', ARGV[8], '1 {"here":' .. after .. '}')
end
return 1
