removed {
  from = tencentcloud_vpc.a
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
removed {
  from = module.m.module.n
  lifecycle {
    destroy = true
  }
}
