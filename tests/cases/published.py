"""Bytes and signatures that vendors publish, or that follow the shapes they document, and where they are."""

S6 = (
    r'{"eventId":"550e8400-e29b-41d4-a716-446655440000","eventType":"VEHICLE_STATE",'
    r'"data":{"user":{"id":"2fbd0033-83e7-43b8-a367-776d6dff1134"},'
    r'"vehicle":{"id":"a1d50709-3502-4faa-ba43-a5c7565e6a09","make":"VOLKSWAGEN","model":"ID.4",'
    r'"year":2021},"signals":[{"code":"odometer-traveleddistance","name":"TraveledDistance",'
    r'"group":"Odometer","body":{"value":62041,"unit":"km"},"meta":{"oemUpdatedAt":1758238176603,'
    r'"retrievedAt":1758238782829},"status":{"value":"SUCCESS"}}]},'
    r'"triggers":[{"type":"SIGNAL_UPDATED","signal":{"name":"TraveledDistance",'
    r'"code":"odometer-traveleddistance","group":"Odometer"}}],"meta":{"version":"4.0",'
    r'"deliveryId":"682541b6-a461-4d69-9e6e-fead3832f5eb","deliveredAt":1758238783185,'
    r'"webhookId":"abde94ff-d57d-43b9-8d09-6020db2d977a","webhookName":"gw","mode":"LIVE",'
    r'"signalCount":1}}'
).encode()
S7 = (
    r'{"eventId":"7c8d9e10-f2a3-4b5c-6d7e-8f9a0b1c2d3e","eventType":"VEHICLE_STATE",'
    r'"vehicleId":"9af13248-3b73-4c9d-9a4b-d937ce6bc8e2",'
    r'"data":{"user":{"id":"93b3ea96-ca37-43a9-9073-f4334719iok7"},'
    r'"vehicle":{"id":"9af13248-3b73-4c9d-9a4b-d937ce6bc8e2","make":"TESLA","model":"Model 3",'
    r'"year":2020},"triggers":[{"code":"FIRST_DELIVERY"}],'
    r'"signals":[{"code":"vehicleidentification-vin","name":"VIN","group":"VehicleIdentification",'
    r'"body":{"value":"5YJ3E7EB1LF000001"},"meta":{"oemUpdatedAt":0,"fetchedAt":0},'
    r'"status":{"value":"SUCCESS"}},{"code":"location-preciselocation","name":"PreciseLocation",'
    r'"group":"Location","body":{"latitude":37.4292,"longitude":-122.1381},'
    r'"meta":{"oemUpdatedAt":1731926100000,"fetchedAt":1731926102000},"status":{"value":"SUCCESS"}},'
    r'{"code":"odometer-traveleddistance","name":"TraveledDistance","group":"Odometer",'
    r'"body":{"value":1000,"unit":"miles"},"meta":{"oemUpdatedAt":1731926100000,'
    r'"fetchedAt":1731926102000},"status":{"value":"SUCCESS"}}]},"meta":{"version":"4.0",'
    r'"deliveryId":"1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d","deliveredAt":1731926103000,'
    r'"webhookId":"abde94ff-d57d-43b9-8d09-6020db2d977a","webhookName":"gw","signalCount":3,'
    r'"mode":"LIVE"}}'
).encode()
S8 = (
    r'{"eventId":"8d9e0f1a-2b3c-4d5e-6f7a-8b9c0d1e2f3a","eventType":"VEHICLE_ERROR",'
    r'"vehicleId":"9af13248-3b73-4c9d-9a4b-d937ce6bc8e2",'
    r'"data":{"user":{"id":"93b3ea96-ca37-43a9-9073-f4334719iok7"},'
    r'"vehicle":{"id":"9af13248-3b73-4c9d-9a4b-d937ce6bc8e2","make":"TESLA","model":"Model 3",'
    r'"year":2020},"errors":[{"type":"VEHICLE_STATE","code":"UNREACHABLE","state":"RESOLVED",'
    r'"signals":[{"code":"location-preciselocation","name":"PreciseLocation","group":"Location"}]}]},'
    r'"meta":{"version":"4.0","deliveryId":"9f8e7d6c-5b4a-3c2b-1d0e-9f8e7d6c5b4a",'
    r'"deliveredAt":1761898351529,"webhookId":"abde94ff-d57d-43b9-8d09-6020db2d977a",'
    r'"webhookName":"gw","mode":"LIVE"}}'
).encode()
S9 = (
    r'{"version":"2.0","webhookId":"abde94ff-d57d-43b9-8d09-6020db2d977a","eventName":"schedule",'
    r'"mode":"live","payload":{"vehicles":[{"vehicleId":"a1d50709-3502-4faa-ba43-a5c7565e6a09",'
    r'"requestId":"26c14915-0c26-43c5-8e42-9edfc2a66a0f","data":[{"path":"/location","code":200,'
    r'"body":{"latitude":37.4292,"longitude":-122.1381},"headers":{"sc-unit-system":"imperial",'
    r'"sc-data-age":"2026-01-19T08:42:15.000Z"}},{"path":"/odometer","code":200,'
    r'"body":{"distance":1000},"headers":{"sc-unit-system":"imperial",'
    r'"sc-data-age":"2026-01-19T08:42:15.000Z"}}]}]}}'
).encode()
T1 = (
    r'{"alertType":"Ignition","vehicleId":88421,"vehicleName":"Delivery Van 07",'
    r'"position":{"lat":-33.8688,"lng":151.2093},"direction":270,"timestamp":"2026-04-28T06:14:22Z",'
    r'"address":null,"data":{"isStarted":true}}'
).encode()
T2 = (
    r'{"alertType":"Speeding","vehicleId":88421,"vehicleName":"Delivery Van 07",'
    r'"position":{"lat":-33.8688,"lng":151.2093},"direction":270,"timestamp":"2026-04-28T06:14:22Z",'
    r'"address":{"street":"42 George St","suburb":"Sydney","state":"NSW","postcode":"2000",'
    r'"country":"Australia"},"data":{"speed":127.4,"maxSpeed":110.0}}'
).encode()
T3 = (
    r'{"alertType":"Geofence","vehicleId":88421,"vehicleName":"Delivery Van 07",'
    r'"position":{"lat":-33.8688,"lng":151.2093},"direction":0,"timestamp":"2026-04-28T06:14:22Z",'
    r'"address":null,"data":{"geofenceName":"Depot","isExit":true}}'
).encode()
T4 = (
    r'{"alertType":"Low battery","vehicleId":88421,"vehicleName":"Delivery Van 07",'
    r'"position":{"lat":-33.8688,"lng":151.2093},"direction":359,"timestamp":"2026-04-28T06:14:22Z",'
    r'"address":null,"data":{"voltage":11.4,"threshold":11.8}}'
).encode()
G1 = (
    r'{"devices":[{"clientUserId":"user-id-in-your-database","country":"US",'
    r'"deviceId":"642f07d280dead60533b57c2","deviceType":"vehicle","engineType":"ELECTRIC",'
    r'"make":"Tesla","model":"Model Y","nickname":"My Model Y","vin":"7SAWDDEQXPS685253",'
    r'"year":2020}],"type":"user.devices-connected","user":"user-id-in-your-database"}'
).encode()
G2 = (
    r'{"currentState":"Charging","jobId":"641aeef260d202219c22aa3a",'
    r'"message":"Charging-status change detected","type":"vehicle.charging-status",'
    r'"vehicleId":"641aeef260d202219c22f03b",'
    r'"vehicleState":{"batteryState":{"chargeThresholdMet":true,"isCharging":true,"isPlugged":true,'
    r'"lastUpdated":"2023-06-29T11:29:11.815Z","range":216,"rangeUnit":"km","soc":77},'
    r'"id":"63ed07f8d2100cc452f57e3d","location":{"lastUpdated":"2023-06-29T11:29:11.815Z",'
    r'"latitude":12.345678,"longitude":7.3321},"odo":{"lastUpdated":"2023-06-29T11:29:11.815Z",'
    r'"unit":"km","value":12345},"state":"ACTIVE",'
    r'"stateDescription":"The connection to vehicle is active and the data is up to date.",'
    r'"staticAttributes":{"country":"ES","make":"BMW","model":"X2 xDrive25e","nickname":"My BMW X2",'
    r'"registration":"GJ01M20191","vin":"MAT534006MPTS4325","year":2022}}}'
).encode()
G3 = (
    r'{"devices":["642f07d280dead60533b57c2"],"type":"user.devices-disconnected",'
    r'"user":"user-id-in-your-database"}'
).encode()

# --- Standard Webhooks and Svix: (name, secret, id, timestamp, body, signature, origin) -----------------

V1_ID, V1_TS, V1_BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
V1_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
V1_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
V2_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
V2_ID, V2_TS = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1649367553
V2_BODY = b'{"email":"test@example.com","username":"test_user"}'
V3_SECRET = "whsec_plJ3nmyCDGBKInavdOK15jsl"
V3_ID, V3_TS = "msg_loFOjxBNrRLzqYUf", 1731705121
V3_BODY = b'{"event_type":"ping","data":{"success":true}}'
V6_BODY = b'{"test": 2432232315}'
V7_BODY = '{"nickname":"Märzhase é 🚗"}'.encode()
V8_SECRET = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"
V9_SECRET = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwBr"

SVIX_REPOSITORY = "https://github.com/svix/svix-webhooks"
STANDARD_REPOSITORY = "https://github.com/standard-webhooks/standard-webhooks"
SVIX_SUITES = (
    "published: sign-function test of the JavaScript, Python, Go, Ruby, PHP, Java, Kotlin and C# libraries in "
    f"{SVIX_REPOSITORY}"
)
SVIX_RUST = f"published: rust/src/webhooks.rs in {SVIX_REPOSITORY}"
SVIX_MANUAL = "published: https://docs.svix.com/receiving/verifying-payloads/how-manual"
SVIX_CSHARP = f"published: csharp/Svix.Tests/WebhookTest.cs in {SVIX_REPOSITORY}"
V1_INPUTS = f"inputs of the sign-function test in {SVIX_REPOSITORY}, computed with Python hmac"

STANDARD_WEBHOOKS = [
    ("V1", V1_SECRET, V1_ID, V1_TS, V1_BODY, V1_SIGNATURE, SVIX_SUITES),
    ("V2", V2_SECRET, V2_ID, V2_TS, V2_BODY, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=", SVIX_RUST),
    (
        "V2n",
        V2_SECRET,
        V2_ID,
        -1,
        V2_BODY,
        "v1,+hRvqyQ6rrkzfAwKOvzQa5RtSPoPBiegZdkbq9m0w+4=",
        f"inputs of rust/src/webhooks.rs in {SVIX_REPOSITORY}, computed with Python hmac",
    ),
    ("V3", V3_SECRET, V3_ID, V3_TS, V3_BODY, "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=", SVIX_MANUAL),
    (
        "V4a",
        V1_SECRET,
        V1_ID,
        V1_TS,
        ("a", 1048576),
        "v1,txpEUxqWZJ5nteTnymUVa+7C4NHpBeXJ6CsBAW0c3/A=",
        SVIX_CSHARP,
    ),
    (
        "V4b",
        V1_SECRET,
        V1_ID,
        V1_TS,
        ("a", 262144),
        "v1,Mw4Pe2WgApuT7NSqnSq0PQPV9gbLdggCl9B865x5Xh0=",
        SVIX_CSHARP,
    ),
    (
        "V4c",
        V1_SECRET,
        V1_ID,
        V1_TS,
        ("a", 262143),
        "v1,NTItnqyWMoFhk2Bbe5V/BMdcFRWgcSQaTgqLHX7FC7c=",
        SVIX_CSHARP,
    ),
    ("V5", V1_SECRET, V1_ID, V1_TS, b"", "v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A=", V1_INPUTS),
    ("V6", V1_SECRET, V1_ID, V1_TS, V6_BODY, "v1,TW/pFPJ2/LwRQdgfM7WklE9yJiRyMs0cTpVPK8leNAU=", V1_INPUTS),
    ("V7", V1_SECRET, V1_ID, V1_TS, V7_BODY, "v1,JJCVoh8otjcB7qp7Yg8QXJPukqwoRFeyzAmnyN8nor4=", V1_INPUTS),
    (
        "V8",
        V8_SECRET,
        V1_ID,
        V1_TS,
        V1_BODY,
        "v1,LVOXivKoo4FWasi/IaHvzhE/u+7/cu2AME+zS/nXqzk=",
        f"a secret without its padding, as the Python library in {STANDARD_REPOSITORY} tests it; computed with Python hmac",
    ),
    (
        "V9",
        V9_SECRET,
        V1_ID,
        V1_TS,
        V1_BODY,
        "v1,yK2tMbA6BHPrMEJ1lLv7UlJJbgFoqGenJkiajZ29evg=",
        f"a secret without its padding, as the Python library in {STANDARD_REPOSITORY} tests it; computed with Python hmac",
    ),
]

# Version v1a is another algorithm (ed25519); here it only has to be passed over.
V10_SIGNATURE = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
V10_SOURCE = (
    f"published: server/svix-server in {SVIX_REPOSITORY} (version v1a, ed25519, over the bytes of V1)"
)

# Signatures that the official suites use as wrong ones.
WRONG_SIGNATURES = [
    "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=",
    "v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=",
    "v1,dawfeoifkpqwoekfpqoekf",
    "v1,R3PTzyfHASBKHH98a7yexTwaJ4yNIcGhFQc1yuN+BPU=",
    "v1,tFtCZ5RDCPxzWQRWXWPgrCgE2frDBe9gjpbWQxnVfsQ=",
    "v1,Mm7xgUVICxZfQ3bgf0h0Dof65L/IFx+PnZvnDWPCX6Q=",
    "v1,9DfC1c3eeOrXB6w/5dIDydLNQaEyww5KalE5jLBZucE=",
    "v1,",
    "BAD_SIG_NATURE",
]

# Telematica's documented sample events, signed under the secret of V1: (id, body, signature).
GATEWAY_TS = 1767225600
GATEWAY = [
    ("msg_tlm0000000000000000000001", G1, "v1,0z1XkKD3tK0fqseVby85/XVyegNsIguHdJxbMWTaLqM="),
    ("msg_tlm0000000000000000000002", G2, "v1,Zc6IfkA6FFA3IPPA3CVKLWJe2l2UOdzVn14lXLxOnmQ="),
    ("msg_tlm0000000000000000000003", G3, "v1,mkYwR91uJgRAFoB/f793djcjirc1vsVD/xhIGJXk9Gc="),
]
GATEWAY_SOURCE = (
    "body: sample event of https://www.svix.com/event-types/eu/org_2En3rjiZR5murmGVsT38qxnQUdJ; "
    "signature: computed with Python hmac"
)

# --- Smartcar: (name, key, message, hex, origin) ---------------------------------------------------------

SMARTCAR_SDKS = "https://github.com/smartcar/node-sdk"
S3_KEY = "abc123abc123"
SMARTCAR_DOCS = "https://smartcar.com/docs/api-reference/webhooks"
S_STATE = f"body: after {SMARTCAR_DOCS}/events/vehicle-state; signature: computed with Python hmac"
S_CAPTURE = (
    "body: shape of a captured delivery that differs from the documentation, with invented ids; "
    "signature: computed with Python hmac"
)
S_ERROR = f"body: after {SMARTCAR_DOCS}/events/vehicle-error; signature: computed with Python hmac"
S_SCHEDULE = (
    "body: after https://smartcar.com/docs/getting-started/tutorials/webhooks-scheduled, its headers "
    "reconstructed; signature: computed with Python hmac"
)
SMARTCAR_TAGS = [
    (
        "S1",
        "amt",
        b"challenge",
        "9baf5a7464bd86740ad5a06e439dcf535a075022ed2c92d74efacf646d79328e",
        "published: tests of hashChallenge in https://github.com/smartcar/node-sdk, "
        "https://github.com/smartcar/java-sdk and https://github.com/smartcar/ruby-sdk",
    ),
    (
        "S2",
        "amt",
        b'{"pizza":"pasta"}',
        "4c05a8da471f05156ad717baa4017acd13a3a809850b9ca7d3301dcaaa854f70",
        "published: tests of verifyPayload in https://github.com/smartcar/node-sdk and "
        "https://github.com/smartcar/ruby-sdk",
    ),
    (
        "S3",
        S3_KEY,
        b"9c9c9c9c",
        "2a596ed34b8c6f069492d952aa51f076fee7b1c662b6498e0217a0d41fd9b936",
        "inputs of the end-to-end test in https://github.com/smartcar/python-sdk, computed with Python hmac",
    ),
    (
        "S4",
        "amt",
        b"3a5c8f72-e6d9-4b1a-9f2e-8c7d6a5b4e3f",
        "2f0e63b32f2dca91ae5c5f9c10e8647463d58288734aa8bb84fa3ede78b9b50d",
        "computed with Python hmac",
    ),
    (
        "S5",
        "amt",
        b"any-abcd",
        "36e91bee340d4969f8c08e1c0f66f35ee33cde0780049543d8a7c9497b60666a",
        "challenge of a captured delivery, computed with Python hmac",
    ),
    ("S6", "amt", S6, "030ea96c8a97a5469e367445e3c1861a405023210b3a594d2a3d1d4f9e29f3a8", S_CAPTURE),
    ("S7", "amt", S7, "f45d03fdb9c909883c340eee220fd0798866f5c012012d9a58e3f7a3c55ea649", S_STATE),
    ("S8", "amt", S8, "f607a1b3abc1ebb5f9a0b802dbcf9fe24a9eb1ea41fa95a161641cf62118ce19", S_ERROR),
    ("S9", "amt", S9, "45d8f86f9beb9055854d605600065eb9b83711d5b721b9d20417dfb0af041146", S_SCHEDULE),
]
# What an implementation gives that swaps the key and the message.
SMARTCAR_SWAPPED = {
    "S1": "7ab7c12606f7e43a826cb6bd4dc45462fb90f5dc9ff83f796f90cc63aec14023",
    "S3": "58866436573a1df2aaf9f8a8250d183703c72068e7a6a98deca6fa58480531b8",
}
S_HEX = {name: tag for name, _, _, tag, _ in SMARTCAR_TAGS}

# --- Telemax: (name, body, hex under the UTF-8 key, hex under the decoded key) ---------------------------

TELEMAX_SECRET = "0ABFAA308801519BFA69ECBC050AACDD567D46B042C85CD08171E4F327E71981"
TELEMAX_SOURCE = (
    "body: after the payload of https://docs.telemax.com.au/v2/webhooks-overview, secret of its example; "
    "signature: computed with Python hmac"
)
TELEMAX_TAGS = [
    (
        "T1",
        T1,
        "60bbab47f5a2bae9ee94cd915019decb83d33ea28927c6a827d4f5d5e7406c46",
        "5c8fe89bcd89882eef0a355cd8130e32d62fae22bf776d31581d85b462767c96",
    ),
    (
        "T2",
        T2,
        "120aca87c0fe656fa40ff78fc5a2b19c47429c98c63a4f836ee9f15b7f097ba8",
        "ed6c111885ebc9314daf276d17cede0a8402c76e081c57dc534a07e69d215bb9",
    ),
    ("T3", T3, "91127ed04ee55f98bfc3ce159196449a2850cf2fcfdbce8cf05f30d6200d221d", None),
    ("T4", T4, "b8c896ea21e77427f07984fe44dc49f08f43916089d7d35793feae5304291193", None),
]
# The MAC of T2 after a JSON round trip, in which 110.0 becomes 110.
T2_ROUND_TRIP = "05585db625b7aa37977383f9aff1dc81254942b432f58581f466d8ab2b65098a"
