"""What people in the demo are called and say."""

FIRST = (
    "Ines", "Jan", "Chiara", "Owen", "Fatou", "Mikael", "Yuki", "Bruno", "Leila", "Piotr", "Hanne", "Diego", "Marta",
    "Samir", "Elif", "Noah", "Aoife", "Viktor", "Camille", "Tariq", "Greta", "Luca", "Nadia", "Sven", "Agnes", "Rui",
)  # fmt: skip
LAST = (
    "Almeida", "Peeters", "Romano", "Gallagher", "Diallo", "Lindholm", "Tanaka", "Cardoso", "Haddad", "Nowak", "Dahl",
    "Herrera", "Kowalczyk", "Aziz", "Demir", "van Dijk", "Byrne", "Horvat", "Lefèvre", "Rahman", "Bergström", "Conti",
    "Petrova", "Eriksen", "Keller", "Teixeira",
)  # fmt: skip
REGIONS = (
    "Northern branches", "Southern branches", "Eastern branches", "Western branches", "Iberia", "Benelux", "Nordics",
    "Baltics", "Alpine branches", "Airport shops", "Online shop", "Outlet stores",
)  # fmt: skip
SITES = (
    "hamburg", "lisbon", "kyoto", "osaka", "gdansk", "turin", "porto", "aarhus", "ghent", "leeds", "malmo", "zagreb",
    "tallinn", "bilbao", "galway", "graz", "rennes", "bergen",
)  # fmt: skip
JOBS = (
    "Site reliability engineer", "Accounts payable clerk", "Warehouse lead", "Customer support agent",
    "Data analyst", "Payroll specialist", "Category buyer", "Frontend engineer",
)  # fmt: skip
CUSTOMER_WRITES = (
    "The glass was in pieces when I opened the box.",
    "It came nine days after the birthday it was meant for.",
    "Sent back on Monday with your label; the parcel was handed in at the counter.",
    "Two of the four legs are a different colour.",
    "I was charged twice.",
    "",
    "",
)
REFUND_PAUSES = (
    ("The parcel service is still tracing this one.", "waiting-for-third-party", ""),
    ("Finance closes the month today; no payouts before six.", "month-end", ""),
    ("The customer has called and wants an exchange instead. Asking.", "customer", "CS-4471"),
)
REFUND_HOLDS = (
    ("Same card as in three chargebacks last month. Fraud desk looks at it first.", "fraud-check", "FR-118"),
    ("Order and account have different names. Identity to be confirmed.", "fraud-check", "FR-124"),
    ("The supplier disputes the damage; their claim is open.", "supplier-dispute", "CL-2093"),
)
REFUND_CLEARED = (
    "Fraud desk: known customer, new card. Cleared.",
    "Identity confirmed by phone.",
    "The supplier has accepted the claim.",
)
PART_WHY = (
    "One of two items was damaged.",
    "Shipping is not refunded; the goods arrived as ordered.",
    "Half: the customer keeps it at a reduced price.",
)
NONE_WHY = (
    "The return period ended in spring.",
    "The tracking shows the parcel was delivered on the day agreed.",
    "The item was used; photos are in the case.",
)
BATCH_PAUSES = (
    ("The goods have not been counted yet.", "goods-receipt", ""),
    ("Cost centres change at noon; post afterwards.", "master-data", "FIN-2251"),
    ("Wait for the credit note that Brückner announced.", "supplier-dispute", "FIN-2262"),
    ("Somebody uploaded last month's folder? Checking.", "data-error", ""),
)
BATCH_GOES_ON = (
    "Counted; all there.",
    "Cost centres are in.",
    "The credit note is here and goes with the next batch.",
    "It is the right folder.",
)
BATCH_HOLDS = (
    ("New bank details on two suppliers. Treasury confirms by phone before anything is posted.", "bank-details"),
    ("Sampled for the quarterly control: four eyes on every document.", "sampling"),
    ("Sanctions list was updated last night; suppliers are being screened again.", "sanctions"),
)
ACCEPTED_WHY = (
    "The difference is the supplier's rounding; agreed with them for this quarter.",
    "Below the tolerance of 1 %. Booked as difference.",
)
LEFT_OUT_WHY = (
    "The supplier cancels this one and sends a new invoice.",
    "Paid by card on the spot; must not be paid twice.",
)
REPORT_REMARKS = (
    "Say why the airport shops are missing.",
    "Name the one-off sale of the old racks.",
    "Compare with the same quarter last year as well.",
)
AGENT_REFUSALS = (
    "Not on a Friday afternoon. Ask again on Monday.",
    "Support is at half strength today; 4.2.0 can wait.",
    "The release notes are missing. Deploy 4.1.9 instead.",
)
NO_ACCESS_WHY = "Access to production comes after the first month, as for everybody."
FINDINGS = (
    ("accepted", "Old backups; they are deleted on the first."),
    ("to repair", "Ana orders a second disk."),
    ("accepted", "A copy job was running. It is back at 60 %."),
    ("to repair", "The log partition has to grow."),
)
OUTAGES = (
    "api.payments.example: connection timed out after 10 s",
    "api.payments.example answered 503 Service Unavailable",
    "ledger-db-2: the server closed the connection unexpectedly",
)
BACK_AGAIN = (
    "The provider is back; their status page says so since ten minutes.",
    "Certificate was renewed. Trying again.",
    "Failover is done.",
)
