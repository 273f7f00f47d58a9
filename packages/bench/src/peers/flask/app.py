"""The reference system's routes (docs/requirements.md, rows A1 to A5) as most people would write them with Flask and SQLAlchemy.

Where the reference does other work than its peers, it does theirs: it adds with 201, and lists one page instead of the whole table.
"""

import math
import os
import socket
import time

from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.exc import IntegrityError

PAGE_ROWS = 100
LOAD_NUMBER = 112272535095293

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg2://", 1)
db = SQLAlchemy(app)


class User(db.Model):
    __tablename__ = "users"

    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.String(80), unique=True, nullable=False)
    email = db.Column(db.String(120), unique=True, nullable=False)


@app.get("/")
def hostname():
    return {"hostname": socket.gethostname()}


@app.get("/users")
def list_users():
    users = db.session.scalars(db.select(User).order_by(User.id).limit(PAGE_ROWS))
    return [{"email": user.email, "id": user.id, "username": user.username} for user in users]


@app.post("/users")
def add_user():
    user = request.get_json()
    username = user["username"]
    db.session.add(User(username=username, email=user["email"]))
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return {"message": "username or email already taken"}, 409
    return {"message": f"user [{username}] added successfully"}, 201


@app.get("/load")
def load():
    number = request.args.get("number", LOAD_NUMBER, type=int)
    start = time.perf_counter()
    prime = is_prime(number)
    return {"isPrime": prime, "number": number, "processingTime": time.perf_counter() - start}


def is_prime(number):
    """Trial division by the odd numbers up to the root, as everybody here does it."""
    if number < 2:
        return False
    if number % 2 == 0:
        return number == 2
    for divisor in range(3, math.isqrt(number) + 1, 2):
        if number % divisor == 0:
            return False
    return True
