a =
b = 
c = 'single'
d = 1 2
e = [1 2]
f = {a 1}
g = x.0.1
h = {a.b = 1}
i = true and false
j = "%{ if x }"
k = 5
