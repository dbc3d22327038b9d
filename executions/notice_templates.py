"""Names of the templates that messages about questions are written with."""

CHAT = "notifications/chat.txt"
SUBJECT = "notifications/subject.txt"
TEXT = "notifications/mail.txt"
HTML = "notifications/mail.html"
TEMPLATES = (CHAT, SUBJECT, TEXT, HTML)
