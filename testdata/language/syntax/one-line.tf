a {}
b { x = 1 }
c { x = 1, y = 2 }
d { x = 1
  y = 2
}
e {
  x = 1 }
f { g {} }
h {} i {}
j {
} k = 1
