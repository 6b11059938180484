variable a {
type="string"
default=""
}
variable "l" { 
  type = list 
}
variable "m" {
  type = "map"
}
variable "m2" {
  type = "list"
}
variable "s" {
  type = set
}
variable "s2" {
  type = map
  default = {a=1,b={c=2}}
}
variable "o" {
  type=object({a=optional(string,"x"),b=list(number)})
}
variable "s3" {
  type = "set"
}
variable "s4" {
  type = "number"
}
resource foo /* c */ "bar" {
x="${a.b}"
y="${ a.b } "
z="${a}${b}"
v="${f("${a}x")}"
u="${
  a ? b
  : c
}"
t="${(
  a
)}"
s="${~ a ~}"
r="${a}" # c
q="${ {a=1} }"
p = "${{a=1}}"
o = -1
n = [-1,- 2, a -b, a-b, (-1), - -1, !a, ! a, -a.b]
m = a?b:c
l = a ?-1:- 2
k = [for x in[1,2]:x if x!=1]
j = {for k,v in m:k=>v...}
i = f(a...)
h = a[0][ "x" ].b.*.c
g = a [0]
f = provider :: x :: y(1)
e = "%{ if a }x%{ else }y%{ endif ~}"
d = "a ${ b+c } ${~ d ~}"
c = <<EOT
  hello ${ a+b }
    %{ for x in y ~}
  x
    %{ endfor }
EOT
b = <<-EOT
      indented
      EOT
a = <<EOT
${join(",",[
for x in y: 
      x
   ])}  text
      more ${ f({
a = 1
}) }
EOT
zz = 1
}
locals {
a=1 # one
bbb=2   # two
  # lead comment
    /* multi
    line */
cc = [ # open
1, # uno
22,   # dos
333 // tres
]
d = { a = 1, b = 2 }
e = {
a=1
bbbb : 2
"c" = 3
(d)=4
ee={
x=1
}
f = 5
}
f = (a &&
b || c
)
g = jsonencode({
x=[{
a=1
},{
b=2
}]
})
h = f([
1],[
2
])
emoji="👩‍👩‍👧" # e
größe="ä"    # g
}



module "x" {source="./x"}
module "y" {   source = "./x"   }
module "e" {}
module "e" { }
module "e" {

}
a=1
/* c */ b=2
c=3/* c */
d=4 /* d */ 
output x { value = "${var.a}" }
dynamic "x" {
for_each=[]
iterator = "${y}"
content {
z = "${y.value}"
type = "string"
variable {
type = "list"
}
}
}
