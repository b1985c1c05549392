class Refused(Exception):
    """An error of the service; further members go into the answer's body."""

    def __init__(self, code, text="", status=400, **members):
        super().__init__(code + ": " + text)
        self.code, self.status = code, status
        self.body = dict(members)
        if text:
            self.body["Message"] = text
