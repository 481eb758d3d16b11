-- Raises a mark: how far a side has seen.
--
-- KEYS  1 the chat (hash)
-- ARGV  1 the mark's field   2 the seq it is raised to   3 the chat's channel   4 what is said then
-- Returns 'gone' (no chat), 'beyond' (no such seq yet), 'old' (not higher than before) or 'raised'
local head = redis.call('HMGET', KEYS[1], 'seq', ARGV[1])
if not head[1] then return 'gone' end
local to = tonumber(ARGV[2])
if to > tonumber(head[1]) then return 'beyond' end
if to <= tonumber(head[2] or 0) then return 'old' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('SPUBLISH', ARGV[3], ARGV[4])
return 'raised'
