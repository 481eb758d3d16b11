-- Acknowledges events of one partition's stream and trims what every group has acknowledged.
--
-- KEYS  1 the lease (string)   2 the stream
-- ARGV  1 who asks   2 the lease in ms   3 the group   4... the events
-- Returns 1, or 0 if another holds the lease (or nobody): nothing was done then
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('XACK', KEYS[2], ARGV[3], unpack(ARGV, 4))

local function parts(id)
  local ms, number = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(number)
end
local function after(id)
  local ms, number = string.match(id, '^(%d+)-(%d+)$')
  return ms .. '-' .. string.format('%.0f', number + 1)
end
local function lower(one, other)
  local ms, number = parts(one)
  local other_ms, other_number = parts(other)
  return ms < other_ms or (ms == other_ms and number < other_number)
end

local oldest
for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[2])) do
  local group = {}
  for i = 1, #info, 2 do group[info[i]] = info[i + 1] end
  local pending = redis.call('XPENDING', KEYS[2], group['name'], '-', '+', 1)[1]
  local from = pending and pending[1] or after(group['last-delivered-id'])
  if not oldest or lower(from, oldest) then oldest = from end
end
redis.call('XTRIM', KEYS[2], 'MINID', oldest)
return 1
