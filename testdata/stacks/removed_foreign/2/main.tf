resource "terraform_data" "a" {
  input = "x"
}
removed {
  from = elsewhere_thing.x
  lifecycle {
    destroy = false
  }
}
removed {
  from = module.m
  lifecycle {
    destroy = false
  }
}
