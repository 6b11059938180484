moved {
  from = terraform_data.a
}
moved {
  from = terraform_data.a[terraform_data.b.id]
  to   = terraform_data.b
}
moved {
  from = terraform_data.c.id
  to   = terraform_data.d
}
moved {
  from = terraform_data.e
  to   = module.e
}
moved {
  from   = terraform_data.f
  to     = terraform_data.g
  reason = "it is nicer"
}
moved {
  from = "terraform_data.h"
  to   = upper("x")
}
moved "label" {
  from = terraform_data.i
  to   = terraform_data.j
}
