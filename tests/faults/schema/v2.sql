-- A lane of schema 2, as it lay on disk, with an event in each state. The platform's own tables are left out.
-- Never changed: what later versions read has to be what this one wrote.

CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE events (
        seq INTEGER PRIMARY KEY,
        provider TEXT NOT NULL,
        vehicle TEXT,
        alias TEXT,
        user TEXT,
        kind TEXT NOT NULL,
        state TEXT NOT NULL,
        reason TEXT,
        provider_event_id TEXT NOT NULL,
        event_ts INTEGER,
        received_at INTEGER NOT NULL,
        -- Waiting: when to look at it again. Settled: when to forget it.
        due_at INTEGER,
        -- Rounds of the present wait, for a VIN or for Cartrack, and when it began.
        failures INTEGER NOT NULL DEFAULT 0,
        since INTEGER,
        attempts INTEGER NOT NULL DEFAULT 0,
        event TEXT,
        record TEXT,
        history TEXT NOT NULL DEFAULT '[]'
    , keys TEXT, skipped INTEGER NOT NULL DEFAULT 0);
CREATE TABLE vehicles (
        provider TEXT NOT NULL,
        vehicle TEXT NOT NULL,
        vin TEXT NOT NULL,
        PRIMARY KEY (provider, vehicle)
    ) WITHOUT ROWID;
CREATE INDEX vehicles_vin ON vehicles (vin);
CREATE TABLE seen (key TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE counts (
        minute INTEGER NOT NULL,
        name TEXT NOT NULL,
        n INTEGER NOT NULL,
        PRIMARY KEY (minute, name)
    ) WITHOUT ROWID;
CREATE TABLE marks (name TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE refusals (id INTEGER PRIMARY KEY, provider TEXT NOT NULL, refusal TEXT NOT NULL);
CREATE INDEX events_due ON events (state, due_at, provider) WHERE due_at IS NOT NULL;
CREATE INDEX events_seen ON events (vehicle, keys, provider, skipped);
INSERT INTO meta (name, value) VALUES ('fresh_from', '1');
INSERT INTO meta (name, value) VALUES ('lane', '0');
INSERT INTO meta (name, value) VALUES ('schema', '2');
INSERT INTO events (seq, provider, vehicle, alias, user, kind, state, reason, provider_event_id, event_ts, received_at, due_at, failures, since, attempts, event, record, history, keys, skipped) VALUES (1795311027338000, 'smartcar', 'w-delivered', NULL, 'u-2', 'VEHICLE_STATE', 'delivered', NULL, '539a3ce7-462e-48f5-be99-81d1ad78b051', 1795311022314, 1795311027326, NULL, 1, 1795311027360, 1, '{"provider":"smartcar","vehicle":"w-delivered","user":"u-2","type":"VEHICLE_STATE","mode":"live","provider_event_id":"539a3ce7-462e-48f5-be99-81d1ad78b051","received_at":"2026-11-22T01:30:27.326Z","moment":"PERIODIC","event_ts":"2026-11-22T01:30:22.314Z","time_source":"provider","position":{"latitude":37.4292,"longitude":-122.1381},"repeats_position":true,"odometer_km":{"value":62041.0,"at":"2026-11-22T01:30:22.314Z"},"vin":"TST00000000000001"}', '{"event_type":"PERIODIC","event_ts":"2026-11-22T01:30:22.314Z","chassis_number":"TST00000000000001","source":{"provider":"smartcar","device_id":"w-delivered","provider_event_id":"539a3ce7-462e-48f5-be99-81d1ad78b051","provider_received_ts":"2026-11-22T01:30:27.326Z"},"position":{"latitude":37.4292,"longitude":-122.1381}}', '[{"duration_ms":20,"error":null,"reply":"{}","status":202,"time":"2026-11-22T01:30:27.340Z"}]', '32be050350b7ca2a813bb2438e59c219', 0);
INSERT INTO events (seq, provider, vehicle, alias, user, kind, state, reason, provider_event_id, event_ts, received_at, due_at, failures, since, attempts, event, record, history, keys, skipped) VALUES (1795311027373000, 'telemax', 'w-unmapped', NULL, NULL, 'Ignition', 'unmapped', 'unmapped_vehicle', 'tmx-6453a9f592c9ada3f55a40450bcd43bc889fb32aa7c45e527596550614df0dd8', 1795311022000, 1795311027371, 1795311087516, 0, 1795311027373, 0, '{"provider":"telemax","vehicle":"w-unmapped","type":"Ignition","mode":"live","provider_event_id":"tmx-6453a9f592c9ada3f55a40450bcd43bc889fb32aa7c45e527596550614df0dd8","delivery_id":"88fe0d83-ecb5-4115-8afd-7208b15cc918","received_at":"2026-11-22T01:30:27.371Z","moment":"IGNITION_ON","event_ts":"2026-11-22T01:30:22Z","time_source":"provider","position":{"latitude":-33.8688,"longitude":151.2093},"ignition":{"value":true,"at":"2026-11-22T01:30:22Z"}}', NULL, '[]', 'fd6ac85addb118b17767548aeb68f5fb', 0);
INSERT INTO events (seq, provider, vehicle, alias, user, kind, state, reason, provider_event_id, event_ts, received_at, due_at, failures, since, attempts, event, record, history, keys, skipped) VALUES (1795311027388000, 'telematica', 'w-dead', NULL, NULL, 'vehicle.soc', 'dead', 'refused_by_cartrack', 'msg_8a266940-cba5-4499-a223-836e38e4d9e8', 1795311022385, 1795311027387, 1797903027399, 1, 1795311027399, 1, '{"provider":"telematica","vehicle":"w-dead","type":"vehicle.soc","mode":"live","provider_event_id":"msg_8a266940-cba5-4499-a223-836e38e4d9e8","received_at":"2026-11-22T01:30:27.387Z","moment":"PERIODIC","event_ts":"2026-11-22T01:30:22.385Z","time_source":"provider","position":{"latitude":12.345678,"longitude":7.3321},"repeats_position":true,"vin":"TST00000000000002"}', '{"event_type":"PERIODIC","event_ts":"2026-11-22T01:30:22.385Z","chassis_number":"TST00000000000002","source":{"provider":"telematica","device_id":"w-dead","provider_event_id":"msg_8a266940-cba5-4499-a223-836e38e4d9e8","provider_received_ts":"2026-11-22T01:30:27.387Z"},"position":{"latitude":12.345678,"longitude":7.3321}}', '[{"duration_ms":11,"error":null,"reply":"{}","status":422,"time":"2026-11-22T01:30:27.388Z"}]', '657cee96cd4a5e5bb595a733299c2d94', 0);
INSERT INTO events (seq, provider, vehicle, alias, user, kind, state, reason, provider_event_id, event_ts, received_at, due_at, failures, since, attempts, event, record, history, keys, skipped) VALUES (1795311027409000, 'smartcar', 'w-test', NULL, '5207f665-aaad-44de-84dd-c5de0c947628', 'VEHICLE_STATE', 'skipped', 'test_mode', '199d18b2-098a-4d59-8fce-94718a50ef0a', 1795311022397, 1795311027406, NULL, 0, 1795311027409, 0, '{"provider":"smartcar","vehicle":"w-test","user":"5207f665-aaad-44de-84dd-c5de0c947628","type":"VEHICLE_STATE","mode":"test","provider_event_id":"199d18b2-098a-4d59-8fce-94718a50ef0a","received_at":"2026-11-22T01:30:27.406Z","moment":"PERIODIC","event_ts":"2026-11-22T01:30:22.397Z","time_source":"provider","position":{"latitude":37.4292,"longitude":-122.1381},"repeats_position":true,"odometer_km":{"value":62041.0,"at":"2026-11-22T01:30:22.397Z"},"vin":"TST00000000000003","skip":"test_mode"}', NULL, '[]', 'bbd645e6b28ebb02', 1);
INSERT INTO events (seq, provider, vehicle, alias, user, kind, state, reason, provider_event_id, event_ts, received_at, due_at, failures, since, attempts, event, record, history, keys, skipped) VALUES (1795311027424000, 'smartcar', NULL, NULL, NULL, 'OTHER', 'skipped', 'unknown_event_type', '94dbca41-7465-42df-923f-51836e3b131f', NULL, 1795311027423, NULL, 0, 1795311027424, 0, '{"provider":"smartcar","type":"OTHER","mode":"live","provider_event_id":"94dbca41-7465-42df-923f-51836e3b131f","received_at":"2026-11-22T01:30:27.423Z","moment":"PERIODIC","repeats_position":true,"skip":"unknown_event_type"}', NULL, '[]', NULL, 1);
INSERT INTO events (seq, provider, vehicle, alias, user, kind, state, reason, provider_event_id, event_ts, received_at, due_at, failures, since, attempts, event, record, history, keys, skipped) VALUES (1795311027433000, 'telematica', 'w-pending', NULL, NULL, 'vehicle.soc', 'pending', NULL, 'msg_21c841bb-48ef-4bfc-ad88-9b20b214b1d8', 1795311022431, 1795311027433, 1795311033365, 1, 1795311027443, 1, '{"provider":"telematica","vehicle":"w-pending","type":"vehicle.soc","mode":"live","provider_event_id":"msg_21c841bb-48ef-4bfc-ad88-9b20b214b1d8","received_at":"2026-11-22T01:30:27.433Z","moment":"PERIODIC","event_ts":"2026-11-22T01:30:22.431Z","time_source":"provider","position":{"latitude":12.345678,"longitude":7.3321},"repeats_position":true,"vin":"TST00000000000005"}', '{"event_type":"PERIODIC","event_ts":"2026-11-22T01:30:22.431Z","chassis_number":"TST00000000000005","source":{"provider":"telematica","device_id":"w-pending","provider_event_id":"msg_21c841bb-48ef-4bfc-ad88-9b20b214b1d8","provider_received_ts":"2026-11-22T01:30:27.433Z"},"position":{"latitude":12.345678,"longitude":7.3321}}', '[{"duration_ms":9,"error":null,"reply":"{}","status":503,"time":"2026-11-22T01:30:27.434Z"}]', '859947ed3f592aa210098b9ddb8d2eb6', 0);
INSERT INTO vehicles (provider, vehicle, vin) VALUES ('smartcar', 'w-delivered', 'TST00000000000001');
INSERT INTO vehicles (provider, vehicle, vin) VALUES ('telematica', 'w-dead', 'TST00000000000002');
INSERT INTO vehicles (provider, vehicle, vin) VALUES ('telematica', 'w-pending', 'TST00000000000005');
INSERT INTO seen (key, seq) VALUES ('5644aea463e7a9027edbb66808bce1dd', 1795311027424000);
INSERT INTO counts (minute, name, n) VALUES (0, 'dead|telematica', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'delivered|smartcar', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'event|smartcar|accepted|', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'event|smartcar|skipped|test_mode', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'event|smartcar|skipped|unknown_event_type', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'event|telematica|accepted|', 2);
INSERT INTO counts (minute, name, n) VALUES (0, 'event|telemax|accepted|unmapped_vehicle', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'latency_sum', 40);
INSERT INTO counts (minute, name, n) VALUES (0, 'latency|50', 3);
INSERT INTO counts (minute, name, n) VALUES (0, 'received|smartcar', 3);
INSERT INTO counts (minute, name, n) VALUES (0, 'received|telematica', 2);
INSERT INTO counts (minute, name, n) VALUES (0, 'received|telemax', 2);
INSERT INTO counts (minute, name, n) VALUES (0, 'refused|telemax|live|missing_header', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'relay|delivered', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'relay|refused', 1);
INSERT INTO counts (minute, name, n) VALUES (0, 'relay|retry', 1);
INSERT INTO counts (minute, name, n) VALUES (29921850, 'dead|telematica', 1);
INSERT INTO counts (minute, name, n) VALUES (29921850, 'delivered|smartcar', 1);
INSERT INTO counts (minute, name, n) VALUES (29921850, 'event|smartcar|accepted|', 1);
INSERT INTO counts (minute, name, n) VALUES (29921850, 'event|smartcar|skipped|test_mode', 1);
INSERT INTO counts (minute, name, n) VALUES (29921850, 'event|smartcar|skipped|unknown_event_type', 1);
INSERT INTO counts (minute, name, n) VALUES (29921850, 'event|telematica|accepted|', 2);
INSERT INTO counts (minute, name, n) VALUES (29921850, 'event|telemax|accepted|unmapped_vehicle', 1);
INSERT INTO counts (minute, name, n) VALUES (29921850, 'received|smartcar', 3);
INSERT INTO counts (minute, name, n) VALUES (29921850, 'received|telematica', 2);
INSERT INTO counts (minute, name, n) VALUES (29921850, 'received|telemax', 2);
INSERT INTO counts (minute, name, n) VALUES (29921850, 'refused|telemax|live|missing_header', 1);
INSERT INTO marks (name, at) VALUES ('accepted|smartcar|live', 1795311027425);
INSERT INTO marks (name, at) VALUES ('accepted|smartcar|test', 1795311027414);
INSERT INTO marks (name, at) VALUES ('accepted|telematica|live', 1795311027435);
INSERT INTO marks (name, at) VALUES ('accepted|telemax|live', 1795311027380);
INSERT INTO marks (name, at) VALUES ('key|smartcar|0', 1795311027426);
INSERT INTO marks (name, at) VALUES ('key|telematica|0', 1795311027436);
INSERT INTO marks (name, at) VALUES ('key|telemax|0', 1795311027380);
INSERT INTO marks (name, at) VALUES ('refused|telemax|live', 1795311027458);
INSERT INTO refusals (id, provider, refusal) VALUES (1, 'telemax', '{"time":"2026-11-22T01:30:27.458Z","provider":"telemax","code":"missing_header","mode":"live","size":2,"headers":["accept","accept-encoding","accept-language","cf-connecting-ip","content-length","content-type","host","sec-fetch-mode","user-agent"]}');
