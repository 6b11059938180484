a = "${/* x */ b}"
b = "${b /* x */}"
c = "${b
}"
d = /* x */ "${b}"
e = "${a ? "x" : "y ${z}"}"
f = "$${a}"
g = "${"x"}"
h = ""
i = "${<<E
x
E
}"
j = [<<E
x
E
, 2]
k = f(<<E
x
E
)
kk = {
  a = <<E
x
E
  bbbb = 2 # y
}
x = a == b&&c!=d||e<=f
y = a<b
z = 1e5+1.5e-3 - 2
zz = a.0.b
zzz = a[*].b[ * ]
zy = ( 1 + 2 )*3
zx = [ ]
zw = { }
zv = f( )
zu = { for a , b in c : a=>b ... }
zt = a ? [1] : {}
zs = a?f(1):-f(2)
zr = "a\"b" # x
zq = "\\" # y
zp = "${x}%" # y
zo = - a
zn = a ? - b : c
zm = {a:1,b:-2}
zl = {a= 1 , "b" =2}
zk = a . b . c
zj = in [0]
zh = a % b
zg = 5 - -2
